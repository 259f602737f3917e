"""The Python MCP client, as a judge of the server: it lists every tool, checks what each one promises, and calls it.

It starts no server: it is given the address of one, or for stdio the program to launch. The calls come from
tests/requests/operations.json, so a tool that the file does not call, or a call to a tool that is not there, is a failure.
Exit status: 0 when nothing was found, 1 when something was, each finding on a line of its own.
"""

import argparse
import asyncio
import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from mcp import Client, MCPError, StdioServerParameters

REVISIONS = {"legacy": "2025-11-25", "modern": "2026-07-28"}
MODES = {"legacy": "legacy", "modern": "auto"}
REQUESTS = Path(__file__).parents[2] / "requests" / "operations.json"
TOOL_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
HINTS = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")
INVALID_PARAMS = -32602
# What the server says when it was the API that refused; a refusal of the server's own is a finding.
# It is no operation of the API: it gives what did not fit into an answer, for a cursor that only the server can make.
REST = "get_rest_of_answer"
# Neither are these: they tell of the server and of whoever calls it.
ABOUT = [
    {"operation": "none", "tool": "whoami", "arguments": {}},
    {"operation": "none", "tool": "ping", "arguments": {}},
    {"operation": "none", "tool": "echo", "arguments": {"message": "Grüße"}},
    {"operation": "none", "tool": "health_check", "arguments": {}},
]
REFUSAL = re.compile(r"\bthe API (answered|reported)\b", re.IGNORECASE)


class Findings:
    """What is wrong, in the order in which it was met."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def expect(self, holds: bool, message: str) -> None:
        if not holds:
            self.lines.append(message)


def read_command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="the MCP endpoint, for example http://127.0.0.1:8080/mcp")
    where.add_argument("--stdio", metavar="PROGRAM", help="launch PROGRAM stdio and talk over its pipes")
    parser.add_argument("--era", choices=sorted(REVISIONS), required=True)
    parser.add_argument("--requests", type=Path, default=REQUESTS)
    return parser.parse_args()


def server_for(options: argparse.Namespace) -> str | StdioServerParameters:
    if options.url:
        return options.url
    environment = {name: os.environ[name] for name in ("API_BASE_URL", "API_TOKEN", "CONFIRM") if name in os.environ}
    return StdioServerParameters(command=options.stdio, args=["stdio"], env=environment)


async def list_every_tool(client: Client) -> list[Any]:
    tools: list[Any] = []
    cursor: str | None = None
    while True:
        page = await client.list_tools(cursor=cursor)
        tools.extend(page.tools)
        cursor = page.next_cursor
        if cursor is None:
            return tools


def check_schema(schema: Any, where: str, must_be_object: bool, findings: Findings) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        findings.expect(False, f"{where}: not JSON Schema 2020-12: {error.message}")
        return
    if must_be_object:
        findings.expect(schema.get("type") == "object", f"{where}: its root is not an object")


def check_tool(tool: Any, era: str, findings: Findings) -> None:
    name = tool.name
    findings.expect(TOOL_NAME.match(name) is not None, f"{name}: the name has other characters or is too long")
    findings.expect(bool(tool.description and tool.description.strip()), f"{name}: no description")
    for hint in HINTS:
        stated = tool.annotations is not None and getattr(tool.annotations, hint) is not None
        findings.expect(stated, f"{name}: the annotation {hint} is not stated")
    check_schema(tool.input_schema, f"{name}: inputSchema", True, findings)
    if tool.output_schema is not None:
        check_schema(tool.output_schema, f"{name}: outputSchema", era == "legacy", findings)


def text_of(result: Any) -> str:
    return " ".join(block.text for block in result.content if block.type == "text")


async def call_recorded(client: Client, entry: dict[str, Any], tool: Any, findings: Findings) -> str:
    """One recorded call; answers how it ended: `answered` or `refused`."""
    label = f"{entry['tool']} ({entry['operation']})"
    try:
        result = await client.call_tool(entry["tool"], entry["arguments"])
    except (MCPError, RuntimeError) as error:  # RuntimeError: the answer breaks the advertised output schema
        findings.expect(False, f"{label}: {error}")
        return "failed"
    if result.is_error:
        tolerated = entry.get("may_refuse", False) or not tool.annotations.read_only_hint
        findings.expect(tolerated, f"{label}: refused: {text_of(result)[:300]}")
        findings.expect(REFUSAL.search(text_of(result)) is not None, f"{label}: not the API's refusal: {text_of(result)[:300]}")
        findings.expect(result.structured_content is None, f"{label}: an error with structured content")
        return "refused"
    findings.expect(bool(text_of(result)), f"{label}: an answer without text")
    if tool.output_schema is not None:
        findings.expect(result.structured_content is not None, f"{label}: an answer without structured content")
    return "answered"


async def check_refusals(client: Client, tools: list[Any], findings: Findings) -> None:
    try:
        await client.call_tool("no_such_tool_here", {})
        findings.expect(False, "an unknown tool was answered with a result")
    except MCPError as error:
        findings.expect(error.code == INVALID_PARAMS, f"an unknown tool gives {error.code}, not {INVALID_PARAMS}")
    tool = next(tool for tool in tools if tool.input_schema.get("required"))
    result = await client.call_tool(tool.name, {"no_such_argument_here": True})
    said = text_of(result)
    findings.expect(bool(result.is_error), f"{tool.name}: bad arguments are not an error")
    for argument in ("no_such_argument_here", *tool.input_schema["required"]):
        findings.expect(argument in said, f"{tool.name}: the error does not name `{argument}`: {said[:300]}")
    result = await client.call_tool(REST, {"cursor": "made-up"})
    said = text_of(result)
    findings.expect(bool(result.is_error) and "cursor" in said, f"{REST}: a cursor that was made up gives: {said[:300]}")


async def judge(options: argparse.Namespace) -> tuple[str, Findings]:
    findings = Findings()
    entries = json.loads(options.requests.read_text(encoding="utf-8")) + ABOUT
    async with Client(server_for(options), mode=MODES[options.era]) as client:
        revision = client.protocol_version
        findings.expect(revision == REVISIONS[options.era], f"negotiated {revision}, not {REVISIONS[options.era]}")
        tools = await list_every_tool(client)
        by_name = {tool.name: tool for tool in tools}
        findings.expect(len(by_name) == len(tools), "two tools share a name")
        for tool in tools:
            check_tool(tool, options.era, findings)
        for name in sorted(set(by_name) - {entry["tool"] for entry in entries} - {REST}):
            findings.expect(False, f"{name}: no recorded call")
        outcomes = {"answered": 0, "refused": 0, "failed": 0}
        for entry in entries:
            if entry["tool"] in by_name:
                outcomes[await call_recorded(client, entry, by_name[entry["tool"]], findings)] += 1
            else:
                findings.expect(False, f"{entry['tool']} ({entry['operation']}): no such tool is listed")
        await check_refusals(client, tools, findings)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
    return f"{revision}: {len(tools)} tools, {len(entries)} calls ({counts})", findings


def main() -> int:
    options = read_command_line()
    logging.basicConfig(level=logging.ERROR)
    transport = "http" if options.url else "stdio"
    summary, findings = asyncio.run(judge(options))
    for line in findings.lines:
        print(f"  finding: {line}")
    print(f"python mcp, {options.era}, {transport}: {summary}, {len(findings.lines)} findings")
    return 1 if findings.lines else 0


if __name__ == "__main__":
    sys.exit(main())
