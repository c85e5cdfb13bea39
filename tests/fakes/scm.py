"""A forge without a network: `ports.scm.Scm` over a World."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.forges.world import Pull, Repo, World

from dokaseca.model.errors import DokaSecaError, NotFoundError
from dokaseca.ports.scm import Access, Branch, PullRequest, PullRequestQuery, Repository, RepositoryQuery


class FakeScm:
    """Answers from `world` and keeps what it was asked.

    Attributes:
        failure: raised by every question.
        accesses, queries, ages: of each question, in order; `paths` lists (repository, branch, path).
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.failure: DokaSecaError | None = None
        self.accesses: list[Access] = []
        self.queries: list[RepositoryQuery | PullRequestQuery] = []
        self.ages: list[float] = []
        self.listed: list[str] = []
        self.paths: list[tuple[str, str, str]] = []

    async def repositories(self, access: Access, query: RepositoryQuery, *, max_age_seconds: float) -> list[Repository]:
        self._note(access, max_age_seconds)
        self.queries.append(query)
        if query.owner not in ("", "acme"):
            raise NotFoundError("not there", reason="ForgeNotFound")
        return [_repository(one, query) for one in self.world.repos if query.archived or not one.archived]

    async def branches(
        self, access: Access, repository: Repository, *, every: bool, max_age_seconds: float
    ) -> list[Branch]:
        self._note(access, max_age_seconds)
        self.listed.append(repository.name)
        commits = self._repo(repository.name).commits
        return [Branch(name, commit) for name, commit in commits.items() if every or name == repository.default_branch]

    async def has_path(
        self, access: Access, repository: Repository, branch: Branch, path: str, *, max_age_seconds: float
    ) -> bool:
        self._note(access, max_age_seconds)
        self.paths.append((repository.name, branch.name, path))
        return bool(self._repo(repository.name).has(branch.name, path))

    async def pull_requests(
        self, access: Access, query: PullRequestQuery, *, max_age_seconds: float
    ) -> list[PullRequest]:
        self._note(access, max_age_seconds)
        self.queries.append(query)
        self._repo(query.repository.rpartition("/")[2])
        wanted = set(query.labels)
        pulls = self.world.open_pulls(query.repository.rpartition("/")[2])
        return [_pull_request(one) for one in pulls if wanted <= set(one.labels)]

    def _note(self, access: Access, age: float) -> None:
        self.accesses.append(access)
        self.ages.append(age)
        if self.failure is not None:
            raise self.failure

    def _repo(self, name: str) -> Repo:
        found = self.world.repo_or_none(name)
        if found is None:
            raise NotFoundError("not there", reason="ForgeNotFound")
        return found


def world(given: Mapping[str, Any]) -> World:
    """The world that a case's `forge` describes."""
    repos = []
    for number, one in enumerate(given.get("repositories") or [], start=1):
        branches = one.get("branches", {one.get("default", "main"): ["README.md"]})
        repos.append(
            Repo(
                name=one["name"],
                number=one.get("id", number),
                branches={name: tuple(files) for name, files in branches.items()},
                labels=tuple(one.get("labels") or ()),
                archived=bool(one.get("archived")),
                default=one.get("default", "main"),
            )
        )
    pulls = {
        name: [Pull(**{**one, "labels": tuple(one.get("labels") or ())}) for one in some]
        for name, some in (given.get("pullRequests") or {}).items()
    }
    return World(repos, pulls)


def _repository(one: Repo, query: RepositoryQuery) -> Repository:
    is_ssh = query.clone_protocol in ("", "ssh")
    url = f"git@git.test:acme/{one.name}.git" if is_ssh else f"https://git.test/acme/{one.name}.git"
    return Repository("acme", one.name, one.number, url, one.default, one.name, one.labels)


def _pull_request(one: Pull) -> PullRequest:
    assert one.commit is not None
    return PullRequest(one.number, one.title, one.branch, one.target, one.commit, one.author, one.labels)
