"""The official Python SDK, `mcp`: probes for the modern era unless told otherwise."""

import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))
import telling  # noqa: E402

# The SDK's own defaults, which a client passed in replaces: a server may hold a stream open.
TIMEOUT = httpx2.Timeout(30, read=300)


class Player:
    def __init__(self, client: Client) -> None:
        self.client = client
        version = client.protocol_version
        self.spoken = {
            "era": "modern" if version >= "2026-07-28" else "legacy",
            "protocol": version,
            "server": client.server_info.name if client.server_info else None,
        }

    async def names(self):
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, call, on_progress=None):
        result = await self.client.call_tool(call.tool, call.args, progress_callback=on_progress)
        return telling.Answer(bool(result.is_error), telling.text_of(result.content))

    async def resources(self):
        return [str(resource.uri) for resource in (await self.client.list_resources()).resources]

    async def read(self, uri):
        return telling.text_of((await self.client.read_resource(uri)).contents)

    async def prompt(self, name):
        return len((await self.client.get_prompt(name)).messages)


@asynccontextmanager
async def connect(url, headers, era):
    mode = "2026-07-28" if era == "modern" else era
    async with httpx2.AsyncClient(headers=headers, timeout=TIMEOUT) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            yield Player(client)


if __name__ == "__main__":
    telling.tell("mcp (Python)", connect)
