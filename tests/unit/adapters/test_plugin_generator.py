"""Plugins over real HTTP on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from dokaseca.adapters.plugin_generator import PATH, HttpPlugins
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import DeniedError, TransientError, UserError
from dokaseca.ports.plugin_generator import PluginCall

HERE = "127.0.0.1"


class Plugin:
    """A plugin that answers with `status` and `body`, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.body: Any = {"output": {"parameters": [{"name": "a", "n": 1}]}}
        self.location = ""
        self.port = 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.headers["Authorization"], await request.json()))
        await self.hold.wait()
        headers = {"Location": self.location} if self.location else {}
        if isinstance(self.body, str):
            return web.Response(status=self.status, text=self.body, headers=headers)
        return web.json_response(self.body, status=self.status, headers=headers)

    def call(self, base: str = "", timeout_seconds: float = 30.0, **parameters: Any) -> PluginCall:
        return PluginCall(base or f"http://{HERE}:{self.port}", "s3cret", "set", parameters, timeout_seconds)


@asynccontextmanager
async def plugin(clock: FakeClock | None = None, private: tuple[str, ...] = (HERE,)) -> AsyncIterator[Any]:
    """A plugin that listens, and the door to it."""
    here = Plugin()
    application = web.Application()
    application.router.add_post(PATH, here.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, HERE, 0)
    await site.start()
    here.port = runner.addresses[0][1]
    door = HttpPlugins(clock or FakeClock(), frozenset(private))
    try:
        yield here, door
    finally:
        here.hold.set()
        await door.close()
        await runner.cleanup()


async def test_the_question_and_the_answer() -> None:
    async with plugin() as (here, door):
        found = await door.parameters(here.call(team="x", deep=[1, {"a": None}]), max_age_seconds=0)
        assert found == [{"name": "a", "n": 1}]
        question = {"applicationSetName": "set", "input": {"parameters": {"team": "x", "deep": [1, {"a": None}]}}}
        assert here.asked == [("Bearer s3cret", question)]


async def test_a_base_url_with_a_slash_at_its_end_and_a_success_that_is_not_200() -> None:
    async with plugin() as (here, door):
        here.status = 201
        assert await door.parameters(here.call(f"http://{HERE}:{here.port}/"), max_age_seconds=0)


async def test_the_same_question_is_asked_once_within_its_age_and_another_at_once() -> None:
    clock = FakeClock()
    async with plugin(clock) as (here, door):
        for _ in range(3):
            await door.parameters(here.call(team="x"), max_age_seconds=1800)
        assert len(here.asked) == 1
        await door.parameters(here.call(team="y"), max_age_seconds=1800)
        clock.advance(1)
        await door.parameters(here.call(team="x"), max_age_seconds=0)
        assert len(here.asked) == 3
        clock.advance(1801)
        await door.parameters(here.call(team="x"), max_age_seconds=1800)
        assert len(here.asked) == 4


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (401, DeniedError, "HTTP 401: the plugin refuses the token; check the Secret that its ConfigMap names"),
        (403, DeniedError, "HTTP 403: the plugin refuses the token"),
        (500, TransientError, "HTTP 500; it is tried again"),
        (429, TransientError, "HTTP 429; it is tried again"),
        (404, UserError, "HTTP 404: the plugin does not accept the request; check baseUrl and input.parameters"),
    ],
)
async def test_a_refusal_says_what_to_do(status: int, kind: type[Exception], told: str) -> None:
    async with plugin() as (here, door):
        here.status = status
        with pytest.raises(kind) as caught:
            await door.parameters(here.call(), max_age_seconds=0)
        assert told in str(caught.value)
        assert f"plugin http://{HERE}:{here.port}: " in str(caught.value)
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("no json", "it is not JSON"),
        ([], "output.parameters is no list of objects"),
        ({}, "output.parameters is no list of objects"),
        ({"output": {}}, "output.parameters is no list of objects"),
        ({"output": {"parameters": {"a": 1}}}, "output.parameters is no list of objects"),
        ({"output": {"parameters": ["a"]}}, "output.parameters is no list of objects"),
    ],
)
async def test_an_answer_of_another_shape_is_no_empty_one(body: Any, why: str) -> None:
    async with plugin() as (here, door):
        here.body = body
        with pytest.raises(TransientError, match="an answer that makes no sense") as caught:
            await door.parameters(here.call(), max_age_seconds=0)
        assert why in str(caught.value)


async def test_a_plugin_that_is_too_slow_is_given_up() -> None:
    async with plugin() as (here, door):
        here.hold.clear()
        with pytest.raises(TransientError, match="not in time"):
            await door.parameters(here.call(timeout_seconds=0.05), max_age_seconds=0)


async def test_nobody_is_followed_elsewhere_with_the_token() -> None:
    async with plugin() as (here, door):
        here.status, here.location = 307, f"http://{HERE}:{here.port}{PATH}"
        with pytest.raises(UserError, match="HTTP 307"):
            await door.parameters(here.call(), max_age_seconds=0)
        assert len(here.asked) == 1


@pytest.mark.parametrize(
    ("base", "kind", "told"),
    [
        (lambda port: f"http://{HERE}:{port}", UserError, "baseUrl: .* http would show the token to the network"),
        (lambda port: f"https://{HERE}:{port}", DeniedError, "is not on the public internet"),
        (lambda port: f"https://localhost:{port}", DeniedError, "is not on the public internet"),
        (lambda port: "https://169.254.169.254", DeniedError, "cloud's metadata service"),
        (lambda port: "file:///etc/passwd", UserError, "must begin with https://"),
        (lambda port: "https://u:p@plugin", UserError, "neither a login nor a query"),
    ],
)
async def test_the_network_around_us_is_out_of_reach(
    base: Callable[[int], str], kind: type[Exception], told: str
) -> None:
    async with plugin(private=()) as (here, door):
        with pytest.raises(kind, match=told):
            await door.parameters(here.call(base(here.port)), max_age_seconds=0)
        assert here.asked == []


def test_a_call_does_not_show_its_token() -> None:
    assert "s3cret" not in repr(Plugin().call())
