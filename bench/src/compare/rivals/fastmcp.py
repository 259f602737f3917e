"""FastMCP's server for a document. DOCUMENT and API in the environment; usage: fastmcp_server.py PORT, or `app` for uvicorn."""

import json
import os
import sys

import httpx2
from fastmcp import FastMCP


def server() -> FastMCP:
    with open(os.environ["DOCUMENT"], encoding="utf-8") as file:
        document = json.load(file)
    # As many connections as there may be calls: with the library's own bounds it would open a new one for some of them.
    limits = httpx2.Limits(max_connections=256, max_keepalive_connections=256)
    client = httpx2.AsyncClient(base_url=os.environ["API"], limits=limits, trust_env=False)
    return FastMCP.from_openapi(openapi_spec=document, client=client, name="ispw")


def app():
    return server().http_app(path="/mcp", transport="http", stateless_http=True, json_response=True)


if __name__ == "__main__":
    server().run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False, log_level="warning")
