"""One client plays one server: what it lists, what its calls come to, as one JSON object.

usage: play.py python-sdk|fastmcp|mcp-remote URL TOKEN CALLS [restart]

TOKEN is empty where none is sent, CALLS a JSON list of {"tool", "arguments"}. With `restart` the
program says `restart` in between, waits for a line on standard input, and makes its first call again.
"""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

LIMIT_SECONDS = 120
# The SDK's own defaults, which a client passed in replaces: a server may hold a stream open.
TIMEOUT = httpx2.Timeout(30, read=300)
HERE = Path(__file__).resolve().parent


@asynccontextmanager
async def python_sdk(url, headers):
    async with httpx2.AsyncClient(headers=headers, timeout=TIMEOUT) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            yield client


@asynccontextmanager
async def fastmcp(url, headers):
    from fastmcp import Client as FastClient
    from fastmcp.client.transports import StreamableHttpTransport

    async with FastClient(StreamableHttpTransport(url, headers=headers)) as client:
        yield client


@asynccontextmanager
async def mcp_remote(url, headers):
    node = os.environ["PORTCULLIS_NODE"]
    arguments = [str(HERE / "node_modules/mcp-remote/dist/proxy.js"), url, "--allow-http", "--transport", "http-only"]
    for name, value in headers.items():
        arguments += ["--header", f"{name}:{value}"]
    server = StdioServerParameters(command=node, args=arguments, env=dict(os.environ))
    with open(os.devnull, "w") as quiet:
        async with Client(stdio_client(server, errlog=quiet)) as client:
            yield client


CLIENTS = {"python-sdk": python_sdk, "fastmcp": fastmcp, "mcp-remote": mcp_remote}


def plain(value):
    """A model of either library, or a list of them, as JSON."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "__dict__"):
        return {name: plain(one) for name, one in vars(value).items() if one is not None}
    return value


async def attempt(doing):
    try:
        return plain(await doing)
    except Exception as error:  # whatever the client raises is what its user sees
        return {"raised": type(error).__name__, "message": str(error)}


async def listed(client, kind):
    """All pages of a list. The FastMCP client follows cursors itself."""
    ask = getattr(client, f"list_{kind}")
    result = await ask()
    if isinstance(result, list):
        return plain(result)
    found = list(getattr(result, kind))
    while getattr(result, "next_cursor", None):
        result = await ask(cursor=result.next_cursor)
        found += getattr(result, kind)
    return plain(found)


async def play(client, calls, restart):
    told = {}
    for kind in ("tools", "resources", "prompts"):
        told[kind] = await attempt(listed(client, kind))
    pages = [one["uri"] for one in told["resources"] if isinstance(told["resources"], list) and one["uri"].startswith("ui://")]
    told["pages"] = [await attempt(client.read_resource(uri)) for uri in pages]
    told["calls"] = [await attempt(client.call_tool(call["tool"], call["arguments"])) for call in calls]
    if restart:
        print("restart", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        first = calls[0]
        told["lost"] = await attempt(client.call_tool(first["tool"], first["arguments"]))
    return told


async def main(kind, url, token, calls, restart):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with asyncio.timeout(LIMIT_SECONDS):
        async with CLIENTS[kind](url, headers) as client:
            told = await play(client, json.loads(calls), restart)
            print(json.dumps(told, sort_keys=True, default=vars), flush=True)
            # What a session that is lost does to closing is not compared.
            os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5], restart=sys.argv[5:] == ["restart"]))
