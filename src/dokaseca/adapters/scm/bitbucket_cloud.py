"""Bitbucket Cloud: REST API, version 2.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

from dokaseca.adapters.scm import fields, listing, pages
from dokaseca.adapters.scm.listing import Listed
from dokaseca.adapters.scm.wire import Read, Wire
from dokaseca.ports.scm import Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery

T = TypeVar("T")

PUBLIC: Final = "https://api.bitbucket.org/2.0"
PULL_REQUESTS_PER_PAGE: Final = "50"  # the most that this list gives


def base(api: str) -> str:
    """The API's URL."""
    return api or PUBLIC


class BitbucketCloud:
    """Workspaces and repositories; handles are `workspace/slug`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def repositories(self, query: RepositoryQuery) -> list[Repository]:
        protocol = listing.protocol(query, Forge.BITBUCKET)
        asked = {"role": "member", "pagelen": str(pages.PER_PAGE), "sort": "created_on"}
        listed = await self._pages(f"/repositories/{quote(query.owner, '')}", asked, _listed)
        wanted = [replace(one, organization=query.owner) for one in listed if not one.is_empty]
        return [one.repository(protocol, Forge.BITBUCKET) for one in wanted]

    async def branches(self, repository: Repository, *, every: bool) -> list[Branch]:
        path = f"/repositories/{repository.handle}/refs/branches"
        if every:
            return await self._pages(path, {"pagelen": str(pages.PER_PAGE)}, _branches)
        answer = await self._wire.get(f"{path}/{quote(repository.default_branch, '')}", {}, _branch)
        return [answer.value] if answer.value is not None else []

    async def has_path(self, repository: Repository, branch: Branch, path: str) -> bool:
        place = f"/repositories/{repository.handle}/src/{quote(branch.sha or branch.name, '')}/{quote(path)}"
        return bool((await self._wire.exists(place, {"format": "meta"})).value)

    async def pull_requests(self, query: PullRequestQuery) -> list[PullRequest]:
        path = f"/repositories/{quote(query.owner, '')}/{quote(query.repository, '')}/pullrequests"
        asked = {"state": "OPEN", "pagelen": PULL_REQUESTS_PER_PAGE, "sort": "created_on"}
        return await self._pages(path, asked, _pull_requests)

    async def _pages(self, path: str, query: Mapping[str, str], read: Read[tuple[Sequence[T], str]]) -> list[T]:
        async def fetch(position: str) -> tuple[Sequence[T], str]:
            asked = dict(parse_qsl(position)) if position else query
            found, following = (await self._wire.get(path, asked, read)).value or ((), "")
            target = urlsplit(following)
            if following and not self._wire.is_at(following, path):
                raise self._wire.bad_answer(path, "its next page is elsewhere")
            return found, target.query

        return await pages.all_of(fetch, self._wire, path)


def _listed(body: Any) -> tuple[Sequence[Listed], str]:
    found = [
        Listed(
            organization=fields.text(one, "full_name").partition("/")[0],
            name=fields.text(one, "slug"),
            id=fields.text(one, "uuid"),
            default_branch=fields.text_or_empty(one, "mainbranch", "name"),
            handle=quote(fields.text(one, "full_name")),
            urls={fields.text(link, "name"): fields.text(link, "href") for link in _clone_links(one)},
            is_empty=not fields.text_or_empty(one, "mainbranch", "name"),
        )
        for one in fields.entries(fields.find(body, "values"))
    ]
    return found, fields.text_or_empty(body, "next")


def _clone_links(repository: Any) -> list[Any]:
    return fields.entries(fields.find(repository, "links", "clone"))


def _branch(body: Any) -> Branch:
    return Branch(fields.text(body, "name"), fields.text(body, "target", "hash"))


def _branches(body: Any) -> tuple[Sequence[Branch], str]:
    found = [_branch(one) for one in fields.entries(fields.find(body, "values"))]
    return found, fields.text_or_empty(body, "next")


def _pull_requests(body: Any) -> tuple[Sequence[PullRequest], str]:
    found = [
        PullRequest(
            number=fields.number(one, "id"),
            title=fields.text_or_empty(one, "title"),
            branch=fields.text(one, "source", "branch", "name"),
            target_branch=fields.text(one, "destination", "branch", "name"),
            head_sha=fields.text(one, "source", "commit", "hash"),
            author=fields.text_or_empty(one, "author", "nickname"),
        )
        for one in fields.entries(fields.find(body, "values"))
        if fields.find(one, "source", "commit") is not None  # its fork was deleted: there is nothing to deploy
    ]
    return found, fields.text_or_empty(body, "next")
