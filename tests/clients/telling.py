"""The story every client plays, for the clients written in Python.

A client hands over how it lists, calls and so on; what is asked and what counts as passed is
written here once. `telling.mjs` beside this file tells the same story.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

LIMIT_S = 60
STEPS = ["list", "call", "progress", "denied", "resource", "prompt", "secrets", "cancel"]


class Call(NamedTuple):
    tool: str
    args: dict[str, Any]


class Answer(NamedTuple):
    is_error: bool
    text: str
    surface: str = "result"


class Profile(NamedTuple):
    echo: Call
    answer: str
    slow: Callable[[int, int], Call]
    denied: Call
    uri: str | None
    prompt: str
    secrets: list[str]


PROFILES = {
    "fixture": Profile(
        echo=Call("echo", {"text": "hello"}),
        answer="hello",
        slow=lambda steps, delay: Call("slow_count", {"steps": steps, "delay_ms": delay}),
        denied=Call("delete_file", {"path": "/etc/passwd"}),
        uri="test://static-text",
        prompt="test_simple_prompt",
        secrets=["secret_text", "secret_record", "secret_badge"],
    ),
    "everything": Profile(
        echo=Call("echo", {"message": "hello"}),
        answer="Echo: hello",
        slow=lambda steps, delay: Call(
            "trigger-long-running-operation", {"duration": steps * delay / 1000, "steps": steps}
        ),
        denied=Call("get-env", {}),
        uri=None,  # its first resource
        prompt="simple-prompt",
        secrets=[],
    ),
}


class Player(Protocol):
    """What a client must be able to do to play the story."""

    spoken: dict[str, Any]

    async def names(self) -> list[str]: ...
    async def call(self, call: Call, on_progress: Callable[..., Any] | None = None) -> Answer: ...
    async def resources(self) -> list[str]: ...
    async def read(self, uri: str) -> str: ...
    async def prompt(self, name: str) -> int: ...


def brief(text: str) -> str:
    """Names an answer without repeating it: `get-env` answers with a whole environment."""
    return f"{len(text)} characters" if len(text) > 200 else text


def text_of(parts: Any) -> str:
    return "".join(getattr(part, "text", None) or getattr(part, "blob", None) or "" for part in parts)


def named(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):  # a task group wraps the one that matters
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


async def act(step: str, player: Player, profile: Profile) -> dict[str, Any]:
    match step:
        case "list":
            names = await player.names()
            return {"ok": len(names) > 0, "detail": names}
        case "call":
            answer = await player.call(profile.echo)
            return {"ok": not answer.is_error and answer.text == profile.answer, "detail": brief(answer.text)}
        case "progress":
            seen = 0

            async def count(*_: Any) -> None:
                nonlocal seen
                seen += 1

            answer = await player.call(profile.slow(3, 50), count)
            return {"ok": not answer.is_error and seen >= 1, "detail": seen}
        case "denied":
            wanted = os.environ.get("STORY_DENIED_TEXT", "")
            try:
                answer = await player.call(profile.denied)
                text = answer.text if answer.is_error else brief(answer.text)
                detail = {"surface": answer.surface, "isError": answer.is_error, "text": text}
            except Exception as error:
                detail = {"surface": "error", "code": getattr(error, "code", None), "text": named(error)}
            # Only an isError result is readable for the model behind the client; an error is not.
            readable = detail.get("isError") is True and wanted in detail["text"]
            return {"ok": not wanted or readable, "detail": detail}
        case "resource":
            listed = await player.resources()
            uri = profile.uri or listed[0]
            return {"ok": uri in listed and len(await player.read(uri)) > 0, "detail": uri}
        case "prompt":
            messages = await player.prompt(profile.prompt)
            return {"ok": messages >= 1, "detail": messages}
        case "secrets":
            wanted = os.environ.get("STORY_REDACTED", "")
            detail = {}
            for tool in profile.secrets:
                try:
                    answer = await player.call(Call(tool, {}))
                    detail[tool] = {"surface": answer.surface, "isError": answer.is_error, "text": answer.text}
                except Exception as error:
                    detail[tool] = {"surface": "error", "isError": None, "text": named(error)}

            def masked(seen: dict[str, Any]) -> bool:
                return seen["isError"] is False and wanted in seen["text"] and "ghp_" not in seen["text"]

            def passed() -> bool:
                text, record, badge = (detail[tool] for tool in profile.secrets)
                # A placeholder does not fit the badge's schema: the whole result must have become an error.
                refused = badge["isError"] is True and "ghp_" not in badge["text"]
                return masked(text) and masked(record) and refused

            return {"ok": not wanted or passed(), "detail": detail}
        case "cancel":
            call = asyncio.create_task(player.call(profile.slow(200, 50)))
            done, _ = await asyncio.wait({call}, timeout=0.3)
            if done:
                return {"ok": False, "why": f"over before the cancel: {call.exception() or call.result()}"}
            start = time.monotonic()
            call.cancel()
            await asyncio.wait({call})
            ms = round((time.monotonic() - start) * 1000)
            after = await player.call(profile.echo)
            ended = "cancelled" if call.cancelled() else named(call.exception()) if call.exception() else "a result"
            passed = ended != "a result" and ms < 2000 and after.text == profile.answer
            return {"ok": passed, "detail": {"ended": ended, "ms": ms}}
    raise ValueError(step)


def tell(
    name: str,
    connect: Callable[[str, dict[str, str], str], AbstractAsyncContextManager[Player]],
) -> None:
    """Plays the story, prints it and leaves with the exit code it earned."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--token")
    parser.add_argument("--era", choices=["auto", "legacy", "modern"], default="auto")
    parser.add_argument("--profile", choices=list(PROFILES), default="fixture")
    given = parser.parse_args()
    headers = {"Authorization": f"Bearer {given.token}"} if given.token else {}

    report: dict[str, Any] = {"client": name, "asked": given.era}
    steps: list[dict[str, Any]] = []
    now = "connect"

    async def play() -> None:
        nonlocal now
        async with connect(given.url, headers, given.era) as player:
            report.update(player.spoken)
            for now in STEPS:
                try:
                    steps.append({"step": now, **await act(now, player, PROFILES[given.profile])})
                except Exception as error:
                    steps.append({"step": now, "ok": False, "why": named(error)})
            now = "close"

    async def bounded() -> None:
        # `wait`, not `timeout`: a client that swallows its cancellation must not outlive the limit.
        task = asyncio.create_task(play())
        done, _ = await asyncio.wait({task}, timeout=LIMIT_S)
        if not done:
            report["error"] = f"{now} hung: no answer within {LIMIT_S} s"
        elif task.exception():
            report["error"] = f"{now}: {named(task.exception())}"
        for step in STEPS[len(steps) :]:
            steps.append({"step": step, "ok": False, "why": "hung" if step == now else "not reached"})
        print(json.dumps({**report, "steps": steps}), flush=True)
        failed = "error" in report or any(step["ok"] is False for step in steps)
        os._exit(1 if failed else 0)  # a hung task would keep the interpreter alive

    sys.stdout.reconfigure(line_buffering=True)
    asyncio.run(bounded())
