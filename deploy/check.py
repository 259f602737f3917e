"""Holds what is deployed against the program and against itself: settings that exist and are taken, pods without rights, selectors
that select, a bill of materials that is one.

Usage: deploy/check.py PROGRAM KUBERNETES.yaml SBOM.json
"""
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60
wrong = []


def hold(truth, what):
    if not truth:
        wrong.append(what)


def known_names(program):
    """Every name that a setting has in the environment; a secret has each with _FILE too."""
    listed = subprocess.run([program, "config", "--json"], env={}, check=True, capture_output=True, text=True).stdout
    names = set()
    for setting in json.loads(listed):
        names.update(setting["environment"])
        if setting["secret"]:
            names.update(f"{name}_FILE" for name in setting["environment"])
    return names


def start(program, where, environment, names):
    """Starts the program with these settings, files and folders being its own for this once, and waits until it serves."""
    for name in environment:
        hold(name in names, f"{where}: {name} is no setting")
    if environment.get("HOST", "127.0.0.1") not in ("127.0.0.1", "localhost"):
        hold(environment.get("AUTH_PROVIDER", "none") != "none", f"{where}: it listens to everybody and asks nobody who they are")
    with tempfile.TemporaryDirectory() as scratch:
        own = dict(environment, HOST="127.0.0.1", PORT="0")
        for name, value in environment.items():
            if name == "AUDIT_FOLDER":
                own[name] = os.path.join(scratch, "journal")
            elif name.endswith("_FILE"):
                own[name] = os.path.join(scratch, name)
                if name == "AUTH_API_KEYS_FILE":
                    subprocess.run([program, "keys", "create", "--file", own[name], "--owner", "check"], env={}, check=True, capture_output=True)
                else:
                    text = "redis://127.0.0.1:9" if name == "REDIS_URL_FILE" else "0123456789abcdef" * 4
                    Path(own[name]).write_text(text)
            elif name == "REDIS_URL":
                own[name] = "redis://127.0.0.1:9"
        server = subprocess.Popen([program, "serve"], env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        log, serves, end = "", False, time.monotonic() + PATIENCE
        while not serves and time.monotonic() < end:
            ready, _, _ = select.select([server.stderr], [], [], 1)
            line = server.stderr.readline() if ready else None
            if line == "":
                break
            log += line or ""
            serves = "serving" in (line or "")
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=PATIENCE)
        hold(serves, f"{where}: the program does not start with these settings:\n{log}")
        print(f"   {where}: {len(environment)} settings, {'served' if serves else 'did not serve'}")


def without_rights(where, service):
    hold(service.get("read_only") is True, f"{where}: the root can be written")
    hold(service.get("cap_drop") == ["ALL"], f"{where}: it keeps capabilities")
    hold("no-new-privileges:true" in service.get("security_opt", []), f"{where}: it may gain rights")
    hold(not service.get("privileged") and "network_mode" not in service, f"{where}: it is not kept apart")
    hold("mem_limit" in service, f"{where}: its memory has no bound")
    for port in service.get("ports", []):
        hold(str(port).startswith("127.0.0.1:"), f"{where}: port {port} is open to others than this machine")


def check_compose(program, names):
    """Both files, as compose merges them: the second one adds to what the first says of the server."""
    first = yaml.safe_load((ROOT / "compose.yaml").read_text())
    second = yaml.safe_load((ROOT / "deploy/observability/compose.yaml").read_text())
    unset = lambda value: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))
    server = {name: unset(value) for name, value in first["services"]["server"]["environment"].items()}
    start(program, "compose.yaml", server, names)
    start(program, "deploy/observability/compose.yaml", server | second["services"]["server"]["environment"], names)
    services = first["services"] | {name: service for name, service in second["services"].items() if name != "server"}
    for name, service in services.items():
        if name != "grafana":  # It writes where its plugins are.
            without_rights(f"compose service {name}", service)
    secrets, volumes = first["secrets"] | second["secrets"], first["volumes"] | second["volumes"]
    for name, service in services.items():
        for secret in service.get("secrets", []):
            hold(secret in secrets, f"compose service {name}: there is no secret {secret}")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            there = (ROOT / source).exists() if source.startswith(".") else source in volumes
            hold(there, f"compose service {name}: there is no {source}")


def check_observability():
    """What is said in two places is the same: how often Prometheus asks, and which Grafana draws."""
    folder = ROOT / "deploy/observability"
    read = lambda name: yaml.safe_load((folder / name).read_text())
    asks = read("prometheus.yaml")["global"]["scrape_interval"]
    told = read("grafana/datasources.yaml")["datasources"][0]["jsonData"]["timeInterval"]
    hold(told == asks, f"Grafana is told that Prometheus asks every {told}, and it asks every {asks}")
    grafana = read("compose.yaml")["services"]["grafana"]["image"].split(":")[1]
    pinned = json.loads((folder / "preview/package.json").read_text())["dependencies"]
    for name in ("@grafana/data", "@grafana/ui"):
        hold(pinned[name] == grafana, f"the preview draws with {name} {pinned[name]}, and compose has Grafana {grafana}")


def restricted(where, pod):
    """What Kubernetes calls restricted, and a root that cannot be written."""
    context = pod.get("securityContext", {})
    hold(context.get("runAsNonRoot") is True, f"{where}: it may run as root")
    hold(context.get("seccompProfile", {}).get("type") == "RuntimeDefault", f"{where}: system calls are not filtered")
    hold(pod.get("automountServiceAccountToken") is False, f"{where}: it is given a token of the cluster")
    hold(not any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")), f"{where}: it shares the node's namespaces")
    hold(not any("hostPath" in volume for volume in pod.get("volumes", [])), f"{where}: it sees the node's files")
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        hold(own.get("allowPrivilegeEscalation") is False, f"{where}: {container['name']} may gain rights")
        hold(own.get("readOnlyRootFilesystem") is True, f"{where}: {container['name']} can write its root")
        hold(own.get("capabilities", {}).get("drop") == ["ALL"], f"{where}: {container['name']} keeps capabilities")
        hold("memory" in container.get("resources", {}).get("limits", {}), f"{where}: {container['name']} has no bound of memory")


def selects(selector, labels):
    return selector.items() <= labels.items()


def check_kubernetes(program, names, manifests):
    objects = [one for one in yaml.safe_load_all(Path(manifests).read_text()) if one]
    of = lambda kind: [one for one in objects if one["kind"] == kind]
    pods = {}
    for workload in of("StatefulSet"):
        template = workload["spec"]["template"]
        name = workload["metadata"]["name"]
        pods[name] = template["metadata"]["labels"]
        restricted(f"pods of {name}", template["spec"])
        hold(selects(workload["spec"]["selector"]["matchLabels"], pods[name]), f"{name} does not select its own pods")
    hold(len(pods) == 2, f"expected the server and Redis, found {sorted(pods)}")
    for kind, find in (
        ("Service", lambda one: one["spec"]["selector"]),
        ("NetworkPolicy", lambda one: one["spec"]["podSelector"].get("matchLabels", {})),
        ("PodDisruptionBudget", lambda one: one["spec"]["selector"]["matchLabels"]),
    ):
        hold(of(kind), f"there is no {kind}")
        for one in of(kind):
            hold(any(selects(find(one), labels) for labels in pods.values()), f"{kind} {one['metadata']['name']} selects nothing")
    for one in of("HorizontalPodAutoscaler"):
        hold(one["spec"]["scaleTargetRef"]["name"] in pods, "the autoscaler scales nothing")
    server = next(one for one in of("StatefulSet") if one["metadata"]["name"] == "code-pipeline-mcp")
    container = server["spec"]["template"]["spec"]["containers"][0]
    maps = {one["metadata"]["name"]: one["data"] for one in of("ConfigMap")}
    if not maps:
        print("   Kubernetes: settings are made by kustomize, which is not here")
        return
    environment = dict(maps[container["envFrom"][0]["configMapRef"]["name"]])
    environment |= {one["name"]: one["value"] for one in container["env"] if "value" in one}
    environment["ALLOWED_HOSTS"] = environment["ALLOWED_HOSTS"].replace("$(POD_IP)", "10.0.0.7")
    start(program, "deploy/kubernetes", environment, names)
    grace, drain = server["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], int(environment["DRAIN_SECONDS"])
    hold(grace >= drain + container["lifecycle"]["preStop"]["sleep"]["seconds"], "calls are cut off before DRAIN_SECONDS are over")


def check_systemd(program, names):
    lines = (ROOT / "deploy/systemd/environment").read_text().splitlines()
    unit = (ROOT / "deploy/systemd/code-pipeline-mcp.service").read_text()
    lines += re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    environment = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    start(program, "deploy/systemd", environment, names)


def check_bill(path):
    text = Path(path).read_text()
    error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    hold(error is None, f"the bill of materials is no CycloneDX 1.5: {error}")
    bill = json.loads(text)
    components = {component["name"] for component in bill["components"]}
    hold({"rmcp", "tokio", "server", "aws-lc-rs"} <= components, "the bill of materials lacks what the program is linked with")
    hold(not {"codegen", "openapi", "proptest"} & components, "the bill of materials has what does not ship")
    hold(all("hashes" in one for one in bill["components"] if "purl" in one), "a crate of the registry has no checksum")
    print(f"   {len(components)} components")


program, manifests, bill = sys.argv[1:]
names = known_names(program)
check_compose(program, names)
check_observability()
check_kubernetes(program, names, manifests)
check_systemd(program, names)
check_bill(bill)
for what in wrong:
    print(f"deploy/check: {what}")
sys.exit(1 if wrong else 0)
