"""Polling under virtual time: when a repository is looked at, and who hears of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine

import pytest
from tests.fakes import virtual_time
from tests.fakes.git import FakeGit, refs

from dokaseca.flow.source.repositories import FAILURES, LOCAL_SECONDS, REMOTE_SECONDS, Repositories
from dokaseca.model.errors import DeniedError, TransientError, UserError
from dokaseca.ports.git import Refs, Tree
from dokaseca.runtime.supervise import Supervisor

URL = "https://user:pa55@example.com/repo.git"
ONE, TWO = "1" * 40, "2" * 40
DOWN = TransientError("no answer", reason="RepositoryUnreachable", subject="example.com")


class Room:
    """Repositories over a fake remote; `heard` lists (time, URL) of every notification."""

    def __init__(self, tasks: Supervisor, *, local: bool = False) -> None:
        self.git = FakeGit({"HEAD": ONE, "refs/heads/main": ONE}, {ONE: {"a": "1"}, TWO: {"a": "2"}})
        self.repositories = Repositories(self.git, tasks.start, lambda _: local)
        self.heard: list[tuple[float, str]] = []
        self.repositories.add_listener(lambda url: self.heard.append((now(), url)))

    def push(self, sha: str) -> None:
        self.git.remote = refs({"HEAD": sha, "refs/heads/main": sha})

    def looks(self) -> int:
        return sum(1 for verb, _ in self.git.calls if verb == "probe")


def now() -> float:
    return asyncio.get_running_loop().time()


def under_virtual_time(test: Callable[[Room], Awaitable[None]], *, local: bool = False) -> None:
    async def main() -> None:
        async with Supervisor("test") as tasks:
            await test(Room(tasks, local=local))

    virtual_time.run(main())


def test_a_push_is_heard_at_the_next_look() -> None:
    async def test(room: Room) -> None:
        room.repositories.watch(URL)
        await asyncio.sleep(1)
        assert room.heard == [], "the first look is no news"
        room.push(TWO)
        await asyncio.sleep(REMOTE_SECONDS)
        assert room.heard == [(REMOTE_SECONDS, URL)]
        assert (await room.repositories.tree(URL, "main")).commit.sha == TWO
        await asyncio.sleep(10 * REMOTE_SECONDS)
        assert len(room.heard) == 1, "no change, no news"

    under_virtual_time(test)


@pytest.mark.parametrize(("local", "pause"), [(True, LOCAL_SECONDS), (False, REMOTE_SECONDS)])
def test_one_look_per_pause_and_one_fetch_per_change(local: bool, pause: float) -> None:
    async def test(room: Room) -> None:
        for _ in range(5):
            room.repositories.watch(URL)  # by five Applications
        await asyncio.sleep(pause * 10.5)
        assert room.looks() == 11
        assert room.git.calls.count(("fetch", URL)) == 1

    under_virtual_time(test, local=local)


def test_a_webhook_wakes_the_poll() -> None:
    async def test(room: Room) -> None:
        room.repositories.watch(URL)
        await asyncio.sleep(1)
        room.push(TWO)
        room.repositories.notify(URL)
        await asyncio.sleep(0.001)
        assert [url for _, url in room.heard] == [URL]
        looks = room.looks()
        await asyncio.sleep(REMOTE_SECONDS - 1)
        assert room.looks() == looks, "the pause starts anew"
        room.repositories.notify("https://example.com/unknown")

    under_virtual_time(test)


def test_a_short_outage_goes_unnoticed_and_its_end_is_news(caplog: pytest.LogCaptureFixture) -> None:
    async def test(room: Room) -> None:
        room.repositories.watch(URL)
        await asyncio.sleep(1)
        assert room.repositories.error_or_none(URL) is None
        room.git.error = DOWN
        await asyncio.sleep((FAILURES - 1) * REMOTE_SECONDS)
        assert room.repositories.error_or_none(URL) is DOWN
        assert room.heard == []
        assert (await room.repositories.tree(URL, "main")).commit.sha == ONE, "the last good state stays"
        room.git.error = None
        await asyncio.sleep(REMOTE_SECONDS)
        assert room.repositories.error_or_none(URL) is None
        assert len(room.heard) == 1, "back, though nothing moved"

    with caplog.at_level(logging.WARNING, logger="dokaseca.source"):
        under_virtual_time(test)
    assert [one.message for one in caplog.records] == ["repository cannot be read"]
    assert "pa55" not in str([one.__dict__ for one in caplog.records])


def test_a_long_outage_is_told_once_then_trees_are_refused_until_it_ends() -> None:
    async def test(room: Room) -> None:
        room.repositories.watch(URL)
        await asyncio.sleep(1)
        room.git.error = DOWN
        await asyncio.sleep(FAILURES * REMOTE_SECONDS)
        assert [at for at, _ in room.heard] == [FAILURES * REMOTE_SECONDS]
        for _ in range(3):
            with pytest.raises(TransientError, match="no answer") as caught:
                await room.repositories.tree(URL, "main")
            assert len(caught.traceback) < 6, "an error that is raised again does not grow"
        await asyncio.sleep(10 * REMOTE_SECONDS)
        assert len(room.heard) == 1
        room.git.error = None
        await asyncio.sleep(REMOTE_SECONDS)
        assert len(room.heard) == 2
        assert (await room.repositories.tree(URL, "main")).commit.sha == ONE

    under_virtual_time(test)


def test_refresh_brings_what_is_there_now() -> None:
    async def test(room: Room) -> None:
        room.repositories.watch(URL)
        await asyncio.sleep(1)
        room.push(TWO)
        await room.repositories.refresh(URL)
        assert (await room.repositories.tree(URL, "main")).commit.sha == TWO
        assert room.repositories.watched() == (URL,)
        room.git.error = DOWN
        with pytest.raises(TransientError, match="no answer"):
            await room.repositories.refresh(URL)

    under_virtual_time(test)


def test_a_repository_that_is_down_from_the_start_is_news_when_it_comes() -> None:
    async def test(room: Room) -> None:
        room.git.error = DOWN
        room.repositories.watch(URL)
        with pytest.raises(TransientError, match="no answer"):
            await room.repositories.tree(URL, "main")
        await asyncio.sleep(1)
        room.git.error = None
        await asyncio.sleep(REMOTE_SECONDS)
        assert len(room.heard) == 1

    under_virtual_time(test)


def test_failures_back_off_for_local_repositories_too() -> None:
    async def test(room: Room) -> None:
        room.git.error = DOWN
        room.repositories.watch(URL)
        await asyncio.sleep(62.9)
        assert room.looks() == 6, "at 0, 1, 3, 7, 15 and 31 s"
        await asyncio.sleep(600)
        assert room.looks() == 6 + 1 + 9, "at 63 s, then every 60 s"
        room.git.error = None
        await asyncio.sleep(60)
        looks = room.looks()
        await asyncio.sleep(LOCAL_SECONDS * 10)
        assert room.looks() >= looks + 9, "the old pace again"

    under_virtual_time(test, local=True)


def test_a_push_between_the_first_tree_and_the_first_look_is_heard() -> None:
    async def test(room: Room) -> None:
        assert (await room.repositories.tree(URL, "main")).commit.sha == ONE
        room.push(TWO)
        room.repositories.watch(URL)
        await asyncio.sleep(0.001)
        assert len(room.heard) == 1
        assert (await room.repositories.tree(URL, "main")).commit.sha == TWO

    under_virtual_time(test)


def test_a_change_that_somebody_else_fetched_is_heard_too() -> None:
    async def test(room: Room) -> None:
        room.repositories.watch(URL)
        await asyncio.sleep(1)
        room.push(TWO)
        await room.git.fetch(URL)  # an Application asked for a commit that the mirror lacked
        await asyncio.sleep(REMOTE_SECONDS)
        assert len(room.heard) == 1

    under_virtual_time(test)


def test_unknown_revisions_are_the_users_error_never_an_absence() -> None:
    async def test(room: Room) -> None:
        for wrong in ("topic", "0" * 40, "abcdef0"):
            with pytest.raises(UserError, match=rf"unable to resolve '{wrong}' .*there: main") as caught:
                await room.repositories.tree(URL, wrong)
            assert caught.value.reason == "UnknownRevision"
            assert "pa55" not in str(caught.value)

    under_virtual_time(test)


def test_denied_credentials_reach_the_caller() -> None:
    async def test(room: Room) -> None:
        room.git.error = DeniedError("refused", reason="RepositoryDenied")
        room.repositories.watch(URL)
        with pytest.raises(DeniedError, match="refused"):
            await room.repositories.tree(URL, "main")
        await asyncio.sleep(1)
        assert room.repositories.error_or_none(URL) is room.git.error

    under_virtual_time(test)


def test_unwatched_repositories_have_no_error() -> None:
    async def test(room: Room) -> None:
        assert room.repositories.error_or_none("https://example.com/other") is None

    under_virtual_time(test)


async def test_a_project_with_credentials_of_its_own_reads_and_polls_apart_from_all_others() -> None:
    asked: list[tuple[str, str]] = []

    class Scoped(FakeGit):
        async def probe(self, url: str, scope: str = "") -> Refs:
            asked.append((url, scope))
            return await super().probe(url)

        async def tree(self, url: str, sha: str, scope: str = "") -> Tree:
            asked.append((sha, scope))
            return await super().tree(url, sha)

    started: list[str] = []

    def start(name: str, work: Coroutine[None, None, None]) -> None:
        started.append(name)
        work.close()

    git = Scoped({"HEAD": "a" * 40}, {"a" * 40: {}})
    sources = Repositories(git, start, lambda _: True, lambda _url, project: project if project == "blue" else "")
    url = "https://git.test/x"
    for project in ("blue", "red", "blue"):
        await sources.tree(url, "", project)
    assert asked == [("a" * 40, "blue"), ("a" * 40, ""), ("a" * 40, "blue")]
    assert started == ["poll/https://git.test/x blue"]
    sources.watch(url)
    assert started[1:] == ["poll/https://git.test/x"]
    assert sources.watched() == (url,)
