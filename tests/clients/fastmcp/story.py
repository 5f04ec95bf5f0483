"""The `fastmcp` client: raises ToolError for a failed tool, as its users see it."""

import sys
from contextlib import asynccontextmanager
from pathlib import Path

from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))
import telling  # noqa: E402


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
        return [tool.name for tool in await self.client.list_tools()]

    async def call(self, call, on_progress=None):
        try:
            result = await self.client.call_tool(call.tool, call.args, progress_handler=on_progress)
        except ToolError as error:  # raised for an isError result and for nothing else
            return telling.Answer(True, str(error), surface="ToolError")
        return telling.Answer(False, telling.text_of(result.content))

    async def resources(self):
        return [str(resource.uri) for resource in await self.client.list_resources()]

    async def read(self, uri):
        return telling.text_of(await self.client.read_resource(uri))

    async def prompt(self, name):
        return len((await self.client.get_prompt(name)).messages)


@asynccontextmanager
async def connect(url, headers, era):
    mode = "2026-07-28" if era == "modern" else era
    async with Client(StreamableHttpTransport(url, headers=headers), mode=mode) as client:
        yield Player(client)


if __name__ == "__main__":
    telling.tell("fastmcp", connect)
