"""Gitea and Forgejo: REST API, version 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import quote

from dokaseca.adapters.scm import fields, listing, pages
from dokaseca.adapters.scm.listing import Listed
from dokaseca.adapters.scm.wire import Answer, Read, Wire
from dokaseca.ports.scm import Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery
from dokaseca.runtime import parallel

T = TypeVar("T")

PER_PAGE: Final = 50  # what a server gives at most unless it was set up otherwise
WIDTH: Final = 4


def base(api: str) -> str:
    """The API's URL below a server's."""
    return api if api.endswith("/api/v1") else f"{api}/api/v1"


class Gitea:
    """Organizations and repositories; handles are `owner/name`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def repositories(self, query: RepositoryQuery) -> list[Repository]:
        protocol = listing.protocol(query, Forge.GITEA)
        listed = await self._pages(f"/orgs/{quote(query.owner, '')}/repos", {}, _listed)
        wanted = [one for one in listed if not one.is_empty and (query.archived or not one.is_archived)]
        labels = await parallel.each(
            wanted, lambda one: self._pages(f"/repos/{one.handle}/labels", {}, _labels), width=WIDTH
        )
        return [
            replace(one, organization=query.owner, labels=tuple(names)).repository(protocol, Forge.GITEA)
            for one, names in zip(wanted, labels, strict=True)
        ]

    async def branches(self, repository: Repository, *, every: bool) -> list[Branch]:
        path = f"/repos/{repository.handle}/branches"
        if every:
            return await self._pages(path, {}, _branches)
        answer = await self._wire.get(f"{path}/{quote(repository.default_branch)}", {}, _branch)
        return [answer.value] if answer.value is not None else []

    async def has_path(self, repository: Repository, branch: Branch, path: str) -> bool:
        there = await self._wire.exists(
            f"/repos/{repository.handle}/contents/{quote(path)}", {"ref": branch.sha or branch.name}
        )
        return bool(there.value)

    async def pull_requests(self, query: PullRequestQuery) -> list[PullRequest]:
        path = f"/repos/{quote(query.owner, '')}/{quote(query.repository, '')}/pulls"
        listed = await self._pages(path, {"state": "open"}, _pull_requests)
        return [one for one in listed if set(query.labels) <= set(one.labels)]

    async def _pages(self, path: str, query: Mapping[str, str], read: Read[Sequence[T]]) -> list[T]:
        count = 0

        async def fetch(position: str) -> tuple[Sequence[T], str]:
            nonlocal count
            number = position or "1"
            answer = await self._wire.get(path, {**query, "limit": str(PER_PAGE), "page": number}, read)
            found = answer.value or ()
            count += len(found)
            return found, self._next(path, number, answer, count)

        return await pages.all_of(fetch, self._wire, path)

    def _next(self, path: str, number: str, answer: Answer[Sequence[T]], count: int) -> str:
        """The next page: by link, else whatever page follows one that held something, until all are there."""
        following = pages.linked_page(self._wire, path, answer)
        if following or answer.headers.get("link"):
            return following
        total = answer.headers.get("x-total-count", "")
        is_all = total.isdecimal() and count >= int(total)
        return "" if is_all or not answer.value else str(int(number) + 1)


def _listed(body: Any) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            organization=fields.text(one, "owner", "login"),
            name=fields.text(one, "name"),
            id=fields.number(one, "id"),
            default_branch=fields.text_or_empty(one, "default_branch"),
            handle=f"{quote(fields.text(one, 'owner', 'login'), '')}/{quote(fields.text(one, 'name'), '')}",
            urls={  # Argo CD takes the page's URL, which can be cloned from too
                "ssh": fields.text_or_empty(one, "ssh_url"),
                "https": fields.text_or_empty(one, "html_url"),
            },
            is_archived=fields.flag(one, "archived"),
            is_empty=fields.flag(one, "empty"),
        )
        for one in fields.entries(body)
    )


def _labels(body: Any) -> tuple[str, ...]:
    return tuple(fields.text(one, "name") for one in fields.entries(body))


def _branch(body: Any) -> Branch:
    return Branch(fields.text(body, "name"), fields.text(body, "commit", "id"))


def _branches(body: Any) -> tuple[Branch, ...]:
    return tuple(_branch(one) for one in fields.entries(body))


def _pull_requests(body: Any) -> tuple[PullRequest, ...]:
    return tuple(
        PullRequest(
            number=fields.number(one, "number"),
            title=fields.text_or_empty(one, "title"),
            branch=fields.text(one, "head", "ref"),
            target_branch=fields.text(one, "base", "ref"),
            head_sha=fields.text(one, "head", "sha"),
            author=fields.text_or_empty(one, "user", "login"),
            labels=fields.names(one, "labels"),
        )
        for one in fields.entries(body)
    )
