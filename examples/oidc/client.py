"""The Python MCP client before a server that asks for a login: discovery, registration, login, refresh and step-up are its own.

The only thing that is done for it is the person at the browser (browser.mjs). It fails unless it logged in once to read, read
again after its token had expired without another login, and logged in once more for the scope that a change needs.
"""

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

ASSIGNMENT = {"srid": "cw09-47623", "assignmentId": "PLAY000313"}


class Memory(TokenStorage):
    """Keeps what the client learns for as long as this program runs."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None
        self.issued = 0

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens
        self.issued += 1

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Person:
    """Somebody at a browser."""

    def __init__(self, browser: list[str]) -> None:
        self.browser = browser
        self.asked: list[str] = []
        self.ended = ""

    async def log_in(self, address: str) -> None:
        self.asked.append(parse_qs(urlsplit(address).query).get("scope", [""])[0])
        done = subprocess.run([*self.browser, address, "alice"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        self.ended = done.stdout.strip()

    async def code(self) -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(self.ended).query)
        return AuthorizationCodeResult(**{name: query[name][0] for name in ("code", "state", "iss") if name in query})


async def run(url: str, browser: list[str], lifetime: float) -> None:
    memory, person = Memory(), Person(browser)
    metadata = OAuthClientMetadata(client_name="example", redirect_uris=["http://127.0.0.1:9/callback"])
    auth = OAuthClientProvider(url, metadata, memory, person.log_in, person.code)
    async with httpx2.AsyncClient(auth=auth, timeout=30) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:

            async def call(tool: str, arguments: dict[str, str]) -> None:
                result = await client.call_tool(tool, arguments)
                if result.is_error:
                    raise AssertionError(f"{tool}: {result.content}")

            await call("get_assignment_tasks", ASSIGNMENT)
            assert len(person.asked) == 1, f"one login: {person.asked}"
            issued = memory.issued
            await asyncio.sleep(lifetime + 1)
            await call("get_assignment_tasks", ASSIGNMENT)
            assert len(person.asked) == 1, f"a refresh asks nobody: {person.asked}"
            assert memory.issued > issued, "there was no refresh"
            await call("generate_assignment", {**ASSIGNMENT, "level": "DEV2"})
            assert len(person.asked) == 2, f"one login for more: {person.asked}"
            first, second = (set(scopes.split()) for scopes in person.asked)
            assert second > first, f"more is asked for, and nothing less: {person.asked}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--lifetime", type=float, required=True, help="how long tokens are good, in seconds")
    parser.add_argument("--node", required=True)
    options = parser.parse_args()
    here = Path(__file__).parent
    try:
        asyncio.run(run(options.url, [options.node, str(here / "browser.mjs")], options.lifetime))
    except Exception as error:  # every failure is one line and an exit status
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        sys.exit(f"python: {type(error).__name__}: {error}")
    print("python: discovered, registered, logged in, refreshed, stepped up")
