"""What all forges have in common: statuses, limits, ETags, what is no answer. Played by GitHub."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest
from aiohttp import web
from tests.fakes.forges.github import GitHubServer
from tests.fakes.forges.server import json
from tests.fakes.forges.world import Repo, World
from tests.unit.adapters.scm.conftest import TOKEN, Ask

from dokaseca.adapters.scm import http, pages
from dokaseca.model.errors import (
    DeniedError,
    DokaSecaError,
    NotFoundError,
    TransientError,
    UserError,
    WaitingError,
)
from dokaseca.ports.scm import Branch, Forge

ALL = ["web", "api", "old", "empty", "tool"]


def always(status: int, body: bytes = b"{}", **headers: str) -> Any:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda request: web.Response(status=status, body=body, headers=named)


# --- statuses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "reason", "message"),
    [
        (400, UserError, "ForgeRefused", r"HTTP 400: the forge does not accept the request"),
        (
            401,
            DeniedError,
            "ForgeDenied",
            r"HTTP 401: the credentials are refused, or allow too little; check the Secret",
        ),
        (403, DeniedError, "ForgeDenied", r"HTTP 403: the credentials are refused"),
        (404, NotFoundError, "ForgeNotFound", r"HTTP 404: not there, or not for these credentials; check the names"),
        (410, NotFoundError, "ForgeNotFound", r"HTTP 410: not there"),
        (408, TransientError, "ForgeUnreachable", r"HTTP 408; it is tried again"),
        (422, UserError, "ForgeRefused", r"HTTP 422: the forge does not accept"),
        (204, TransientError, "ForgeUnreachable", r"HTTP 204; it is tried again"),
        (500, TransientError, "ForgeUnreachable", r"HTTP 500; it is tried again"),
        (503, TransientError, "ForgeUnreachable", r"HTTP 503; it is tried again"),
    ],
)
async def test_statuses_become_typed_errors_that_name_forge_path_and_status(
    status: int, kind: type[DokaSecaError], reason: str, message: str, ask: Ask
) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = always(status)
    with pytest.raises(kind, match=message) as caught:
        await asking.repositories()
    assert caught.value.reason == reason
    assert caught.value.subject == f"GitHub {asking.server.url}/api/v3/orgs/acme/repos"
    assert TOKEN not in str(caught.value)


async def test_a_forge_that_fails_on_the_last_page_fails_all(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = lambda request: json({}, 502) if request.query.get("page") == "3" else None
    with pytest.raises(TransientError, match="HTTP 502"):
        await asking.repositories()


async def test_the_token_goes_along_and_its_ends_do_not_matter(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB, token=f" {TOKEN}\n")
    asking.server.login = f"Bearer {TOKEN}"
    assert await asking.names() == ALL
    assert asking.server.headers[0]["User-Agent"] == "dokaseca"
    assert TOKEN not in repr(asking.access)


async def test_without_a_token_nothing_is_sent(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB, token="")
    assert await asking.names() == ALL
    assert all("Authorization" not in one for one in asking.server.headers)


async def test_a_token_that_cannot_be_sent_is_told(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB, token="half\r\nX-Other: half")
    with pytest.raises(UserError, match="is there a line break in the middle of the token") as caught:
        await asking.repositories()
    assert "X-Other" not in str(caught.value)
    assert asking.server.asked == []


# --- rate limits ----------------------------------------------------------------------------------------------------


async def test_a_rate_limit_is_waited_for_without_asking_again(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = always(429, Retry_After="120")
    with pytest.raises(
        WaitingError, match=r"HTTP 429: the rate limit is reached; it is asked again in 120 s"
    ) as caught:
        await asking.repositories()
    assert (caught.value.retry_after_seconds, caught.value.reason) == (120, "RateLimited")
    asking.server.trouble = lambda request: None
    asking.clock.advance(119)
    with pytest.raises(WaitingError, match="asked again in 1 s"):
        await asking.pulls()
    assert len(asking.server.asked) == 1
    asking.clock.advance(1)
    assert await asking.names() == ALL


async def test_a_limit_is_of_its_login(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = always(429, Retry_After="120")
    with pytest.raises(WaitingError):
        await asking.repositories()
    asking.server.trouble = lambda request: None
    asking.access = type(asking.access)(Forge.GITHUB, asking.server.url, "another")
    assert await asking.names() == ALL


async def test_the_last_request_that_is_left_is_the_last(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    reset = str(int(asking.clock.now().timestamp()) + 300)
    asking.server.trouble = lambda request: json([], X_RateLimit_Remaining="0", X_RateLimit_Reset=reset)
    assert await asking.names() == []
    with pytest.raises(WaitingError) as caught:
        await asking.pulls()
    assert caught.value.retry_after_seconds == pytest.approx(300, abs=1)
    assert len(asking.server.asked) == 1


# --- what has not changed -------------------------------------------------------------------------------------------


async def test_a_poll_that_changes_nothing_reads_nothing(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.has_etags = True
    first = await asking.repositories(), await asking.branches("web", every=True), await asking.pulls()
    asking.server.forget()
    assert (await asking.repositories(), await asking.branches("web", every=True), await asking.pulls()) == first
    assert set(asking.server.statuses) == {304}
    asking.server.world.repo_or_none("web").branches["new"] = ("x",)
    assert len(await asking.branches("web", every=True)) == 4


async def test_an_answer_is_believed_for_its_time_and_shared(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    found = await asyncio.gather(*(asking.repositories(age=1800) for _ in range(10)))
    asked = len(asking.server.asked)
    assert asked == 3, "three pages, once for all ten"
    assert all(one == found[0] for one in found)
    asking.clock.advance(1799)
    await asking.repositories(age=1800)
    assert len(asking.server.asked) == asked
    asking.clock.advance(2)
    await asking.repositories(age=1800)
    assert len(asking.server.asked) == 2 * asked


async def test_what_a_commit_holds_is_asked_once(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    branch = (await asking.branches("web"))[0]
    assert await asking.has_path("web", branch, "deploy")
    asking.clock.advance(10**6)
    asking.server.forget()
    assert await asking.has_path("web", branch, "deploy")
    assert not any("/contents/" in one for one in asking.server.asked)
    by_name = Branch("main", "")
    for _ in range(2):
        assert await asking.has_path("web", by_name, "deploy")
    assert sum("/contents/" in one for one in asking.server.asked) == 2, "a branch moves"


@pytest.mark.parametrize("tells_links", [True, False])
async def test_a_full_last_page_that_did_not_change_may_have_got_a_successor(tells_links: bool, ask: Ask) -> None:
    world = World([Repo(f"r{number:03}", number) for number in range(1, 101)])
    asking = await ask(GitHubServer, Forge.GITHUB, world=world)
    asking.server.page, asking.server.has_etags, asking.server.links_when_unchanged = 100, True, tells_links
    assert len(await asking.names()) == 100
    world.repos.append(Repo("r101", 101))
    assert (await asking.names())[-1] == "r101"


async def test_what_was_remembered_makes_room(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    from dokaseca.adapters.scm import wire

    monkeypatch.setattr(wire, "REMEMBERED", 1)
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.has_etags = True
    for _ in range(2):
        assert await asking.names() == ALL
    assert asking.server.statuses == [200] * 6, "each of three pages has pushed the one before out"


# --- answers that are none ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>sign in</html>", "it is not JSON"),
        (b"", "it is not JSON"),
        (b"[" * 5000 + b"]" * 5000, "it is not JSON"),
        (b'{"message": "hello"}', "a list of objects was expected"),
        (b'[{"id": 1}]', r"owner\.login must be a text"),
        (b'[{"owner": {"login": "acme"}, "name": "web", "id": "1"}]', "id must be a whole number"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_an_error_and_no_empty_list(body: bytes, why: str, ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = always(200, body)
    with pytest.raises(TransientError, match=rf"an answer that makes no sense \({why}\)") as caught:
        await asking.repositories()
    assert caught.value.reason == "BadAnswer"


@pytest.mark.parametrize("is_packed", [False, True])
async def test_an_answer_has_a_size(is_packed: bool, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_BYTES", 2**20)
    asking = await ask(GitHubServer, Forge.GITHUB)
    body = b" " * 3 * 2**20 + b"[]"
    headers = {"Content_Encoding": "gzip"} if is_packed else {}
    asking.server.trouble = always(200, gzip.compress(body) if is_packed else body, **headers)
    with pytest.raises(UserError, match="an answer of more than 1 MiB") as caught:
        await asking.repositories()
    assert caught.value.reason == "TooLarge"


async def test_the_size_of_a_file_that_only_has_to_be_there_does_not_matter(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_BYTES", 2**20)
    asking = await ask(GitHubServer, Forge.GITHUB)
    branch = (await asking.branches("web"))[0]
    asking.server.trouble = lambda request: json("x" * 3 * 2**20) if "/contents/" in request.path else None
    assert await asking.has_path("web", branch, "large.bin")


@pytest.mark.parametrize(
    "link", ['<https://x.test/?page=2>; rel="next"', '<?page=2&a=b>;rel="next", <?page=9>; rel="last"']
)
async def test_pages_that_go_in_a_circle_end(link: str, ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = lambda request: json([], Link=link)
    with pytest.raises(TransientError, match="its pages go in a circle"):
        await asking.repositories()
    assert len(asking.server.asked) == 2


@pytest.mark.parametrize("link", ['<https://x.test/?after=abc>; rel="next"', '<x?page=1&page=2>; rel="next"'])
async def test_a_next_page_without_a_number_is_no_last_page(link: str, ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = lambda request: json([], Link=link)
    with pytest.raises(TransientError, match="the link to its next page has no number"):
        await asking.repositories()


async def test_pages_have_a_number(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGES", 2)
    asking = await ask(GitHubServer, Forge.GITHUB)
    with pytest.raises(UserError, match="more than 2 pages; ask for less") as caught:
        await asking.repositories()
    assert caught.value.reason == "TooManyPages"


async def test_a_name_cannot_leave_its_place_in_the_url(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    with pytest.raises(NotFoundError):
        await asking.repositories(owner="../../app?x=#y")
    assert asking.server.asked == [
        "/api/v3/orgs/..%2F..%2Fapp%3Fx%3D%23y/repos?sort=created&direction=asc&per_page=100"
    ]
