"""A forge and somebody who asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest_asyncio
from tests.fakes.forges.server import ForgeServer
from tests.fakes.forges.world import World, example

from dokaseca.adapters.scm.forges import Forges
from dokaseca.kit.clock import FakeClock
from dokaseca.ports.scm import Access, Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery

TOKEN = "t0ken-value-that-nobody-may-see"
MOMENT = 0.001  # seconds
LOOPBACK = frozenset(("127.0.0.1",))


@dataclass
class Asking:
    """Asks one server; every question wants to be answered afresh unless told otherwise, and takes a moment."""

    server: Any
    scm: Forges
    access: Access
    clock: FakeClock
    query: RepositoryQuery = field(default_factory=lambda: RepositoryQuery("acme", team_project="platform"))

    async def repositories(self, *, age: float = 0, **more: Any) -> list[Repository]:
        self.clock.advance(MOMENT)
        return list(await self.scm.repositories(self.access, replace(self.query, **more), max_age_seconds=age))

    async def names(self, **more: Any) -> list[str]:
        return [one.name for one in await self.repositories(**more)]

    async def repository(self, name: str) -> Repository:
        return next(one for one in await self.repositories() if one.name == name)

    async def branches(self, name: str, *, every: bool = False, age: float = 0) -> list[Branch]:
        repository = await self.repository(name)
        self.clock.advance(MOMENT)
        return list(await self.scm.branches(self.access, repository, every=every, max_age_seconds=age))

    async def has_path(self, name: str, branch: Branch, path: str) -> bool:
        repository = await self.repository(name)
        self.clock.advance(MOMENT)
        return await self.scm.has_path(self.access, repository, branch, path, max_age_seconds=0)

    async def pulls(self, repository: str = "web", *, age: float = 0, **more: Any) -> list[PullRequest]:
        self.clock.advance(MOMENT)
        query = replace(PullRequestQuery("acme", repository, "platform"), **more)
        return list(await self.scm.pull_requests(self.access, query, max_age_seconds=age))


Ask = Callable[..., Any]


@pytest_asyncio.fixture
async def ask() -> AsyncIterator[Ask]:
    """Starts a server of a type, and gives who asks it."""
    closing: list[Any] = []

    async def start(
        server_type: type[ForgeServer], forge: Forge, *, world: World | None = None, before: Any = None, **more: Any
    ) -> Asking:
        server = server_type(world or example())
        if before is not None:
            before(server)
        await server.start()
        clock = FakeClock()
        scm = Forges(clock, LOOPBACK, more.pop("environment", {}), aws_endpoint=lambda service, region: server.url)
        closing.extend((scm.close, server.stop))
        return Asking(server, scm, Access(forge, **{"api": server.url, "token": TOKEN, **more}), clock)

    yield start
    for close in closing:
        await close()
