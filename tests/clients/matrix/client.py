"""The Python MCP clients, the official one and FastMCP's, as rows of the matrix: each lists, pages, calls, confirms and cancels.

It starts no server: it is given the address of one, or for stdio the program to launch. What is called stands in calls.json. It
prints one line of JSON: the row, and what it found wrong. That a call that was cancelled has ended at the server too is for whoever reads
the server's log.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp_types import ElicitResult

REVISIONS = {"legacy": "2025-11-25", "modern": "2026-07-28"}
MODES = {"legacy": "legacy", "modern": "auto"}
CALLS = json.loads((Path(__file__).parent / "calls.json").read_text(encoding="utf-8"))
PASSED_ON = ("API_BASE_URL", "API_TOKEN", "MCP_TOOLS_PAGE_SIZE", "LOG_FORMAT")
PATIENCE = 30


@dataclass
class Person:
    """Who is asked: says yes or no, and remembers what was asked."""

    says_yes: bool = True
    asked: list[str] = field(default_factory=list)

    def answer(self, message: str) -> ElicitResult:
        self.asked.append(message)
        if self.says_yes:
            return ElicitResult(action="accept", content={"confirm": True})
        return ElicitResult(action="decline")


class Official:
    """The client of the package `mcp`."""

    name = f"mcp {version('mcp')} (Python)"

    @staticmethod
    @asynccontextmanager
    async def connect(options: argparse.Namespace, person: Person) -> AsyncIterator["Official"]:
        async def ask(_: Any, params: Any) -> ElicitResult:
            return person.answer(params.message)

        server = options.url or StdioServerParameters(command=options.stdio, args=["stdio"], env=environment())
        async with Client(server, mode=MODES[options.era], elicitation_callback=ask) as client:
            yield Official(client)

    def __init__(self, client: Client) -> None:
        self.client = client

    def revision(self) -> str:
        return self.client.protocol_version

    async def page(self, cursor: str | None) -> Any:
        return await self.client.list_tools(cursor=cursor)

    async def call(self, call: dict[str, Any], on_progress: Any = None) -> Any:
        return await self.client.call_tool(call["tool"], call["arguments"], progress_callback=on_progress)


class FastMcp:
    """The client of the package `fastmcp`."""

    name = f"fastmcp {version('fastmcp-slim')} (Python)"

    @staticmethod
    @asynccontextmanager
    async def connect(options: argparse.Namespace, person: Person) -> AsyncIterator["FastMcp"]:
        from fastmcp import Client as Fast
        from fastmcp.client.transports import StdioTransport

        async def ask(message: str, *_: Any) -> ElicitResult:
            return person.answer(message)

        server = options.url or StdioTransport(command=options.stdio, args=["stdio"], env=environment(), keep_alive=False)
        async with Fast(server, mode=MODES[options.era], elicitation_handler=ask) as client:
            yield FastMcp(client)

    def __init__(self, client: Any) -> None:
        self.client = client

    def revision(self) -> str:
        return self.client.protocol_version

    async def page(self, cursor: str | None) -> Any:
        return await self.client.list_tools_mcp(cursor=cursor)

    async def call(self, call: dict[str, Any], on_progress: Any = None) -> Any:
        return await self.client.call_tool_mcp(call["tool"], call["arguments"], progress_handler=on_progress)


SDKS = {"mcp": Official, "fastmcp": FastMcp}


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


def expect(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def text_of(result: Any) -> str:
    return " ".join(block.text for block in result.content if block.type == "text")


async def pages(client: Any) -> list[list[str]]:
    """The names on each page of the list of tools."""
    found: list[list[str]] = []
    cursor: str | None = None
    while True:
        page = await client.page(cursor)
        found.append([tool.name for tool in page.tools])
        cursor = page.next_cursor
        if cursor is None:
            return found


async def lists(client: Any, options: argparse.Namespace, _: Person) -> None:
    expect(client.revision() == REVISIONS[options.era], f"it speaks {client.revision()}")
    names = [name for page in await pages(client) for name in page]
    expect(len(set(names)) == len(names) == options.tools, f"{len(names)} tools, not {options.tools}")


async def turns_pages(client: Any, options: argparse.Namespace, _: Person) -> None:
    sizes = [len(page) for page in await pages(client)]
    size = int(os.environ["MCP_TOOLS_PAGE_SIZE"])
    expect(len(sizes) > 1 and set(sizes[:-1]) == {size}, f"pages of {sizes} tools, not of {size}")


async def calls(client: Any, _: argparse.Namespace, __: Person) -> None:
    result = await client.call(CALLS["read"])
    expect(not result.is_error, text_of(result))
    expect(result.structured_content is not None, "an answer without structured content")


async def confirms(client: Any, _: argparse.Namespace, person: Person) -> None:
    person.says_yes = False
    refused = await client.call(CALLS["confirm"])
    expect(bool(refused.is_error) and "said no" in text_of(refused), f"after a no: {text_of(refused)}")
    person.says_yes = True
    made = await client.call(CALLS["confirm"])
    expect(not made.is_error, f"after a yes: {text_of(made)}")
    expect(len(person.asked) == 2 and "PLAY000313" in person.asked[0], f"asked: {person.asked}")


async def cancels(client: Any, _: argparse.Namespace, __: Person) -> None:
    under_way = asyncio.Event()

    async def on_progress(*_: Any) -> None:
        under_way.set()

    call = asyncio.create_task(client.call(CALLS["wait"], on_progress))
    waiting = asyncio.create_task(under_way.wait())
    await asyncio.wait({call, waiting}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    expect(under_way.is_set() and not call.done(), "the call was not under way")
    call.cancel()
    try:
        await call
        raise AssertionError("a call that was cancelled was answered")
    except asyncio.CancelledError:
        pass
    expect(not (await client.call(CALLS["read"])).is_error, "nothing can be called after a call was cancelled")


# What is left under way when a call is cancelled may forbid other changes, so that comes last.
CELLS = {"lists": lists, "calls": calls, "pages": turns_pages, "confirms": confirms, "cancels": cancels}


async def row(options: argparse.Namespace) -> dict[str, Any]:
    sdk = SDKS[options.sdk]
    cells: dict[str, str] = {}
    for name, check in CELLS.items():
        person = Person()
        try:
            async with asyncio.timeout(2 * PATIENCE), sdk.connect(options, person) as client:
                await check(client, options, person)
            cells[name] = "yes"
        except Exception as error:  # Whatever it is, it is this cell's.
            while isinstance(error, BaseExceptionGroup):
                error = error.exceptions[0]
            cells[name] = f"FAILED: {type(error).__name__}: {error}"
    return {"client": sdk.name, "cells": cells}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="the MCP endpoint")
    where.add_argument("--stdio", metavar="PROGRAM", help="launch PROGRAM stdio and talk over its pipes")
    parser.add_argument("--sdk", choices=sorted(SDKS), required=True)
    parser.add_argument("--era", choices=sorted(REVISIONS), required=True)
    parser.add_argument("--tools", type=int, required=True, help="how many tools there are")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    print(json.dumps(asyncio.run(row(options))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
