"""Starts the program for a measurement and speaks the little MCP that a measurement needs. Only the standard library."""

import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
}
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def build_release(manifest: Path = ROOT / "Cargo.toml", *what: str) -> Path:
    """Builds in release mode and answers the folder that holds the result."""
    target = os.environ.get("CARGO_TARGET_DIR") or str(manifest.parent / "target")
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", str(manifest), *what]
    subprocess.run(command, check=True, env={**os.environ, "CARGO_TARGET_DIR": target})
    return Path(target) / "release"


def free_port() -> int:
    """A port on which nothing listens, below those that the system gives to outgoing connections: nothing else takes it meanwhile."""
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port from 20000 on is free")


class Running:
    """A process that is ended when the `with` block is left."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None, **pipes: Any) -> None:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **pipes}
        self.process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, **pipes)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def require_alive(self) -> None:
        if self.process.poll() is not None:
            sys.exit(f"{self.process.args[0]} ended with status {self.process.returncode}")

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


class Simulator(Running):
    """The program's demo, of which a measurement uses only the simulated REST API."""

    def __init__(self, program: Path) -> None:
        super().__init__([str(program), "demo", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE)
        self.environment: dict[str, str] = {}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            words = line.decode().split()
            if words and words[0] == "Simulator:":
                self.environment = {"API_BASE_URL": words[1], "API_TOKEN": words[3]}
                return
        sys.exit("the demo ended before it printed its simulator")


def post(url: str, method: str, params: dict[str, Any] | None = None, legacy: str | None = None) -> tuple[dict[str, Any], int]:
    """Sends one request; answers the decoded reply and its size. `legacy` is the handshake revision to speak."""
    body, headers = message(method, params, legacy)
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as reply:
        content = reply.read()
    return json.loads(content), len(content)


def message(method: str, params: dict[str, Any] | None, legacy: str | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    params = dict(params or {})
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if legacy is None:
        params["_meta"] = META
        headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
    elif method != "initialize":
        headers["MCP-Protocol-Version"] = legacy
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers


def wait_until_listening(server: Running, port: int) -> None:
    """Returns as soon as a connection is accepted; the loop is the measurement's clock, so it does not pause."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            server.require_alive()
    sys.exit("nothing listens after 20 s")


def recorded_call(tool: str) -> dict[str, Any]:
    """The first recorded call of a tool that the simulator answers without a refusal."""
    entries = json.loads((ROOT / "tests" / "requests" / "operations.json").read_text(encoding="utf-8"))
    return next(entry for entry in entries if entry["tool"] == tool and not entry.get("may_refuse"))
