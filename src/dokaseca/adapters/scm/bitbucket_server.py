"""Bitbucket Server and Data Center: REST API, version 1.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from dokaseca.adapters.scm import fields, listing, pages
from dokaseca.adapters.scm.listing import Listed
from dokaseca.adapters.scm.wire import Read, Wire
from dokaseca.ports.scm import Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery

T = TypeVar("T")

_NO_BRANCH: Final = ("NoDefaultBranchException", "NoSuchBranchException")
_NO_PATH: Final = ("NoSuchPathException", "NoSuchObjectException")


def base(api: str) -> str:
    """The API's URL below a server's, or below its `/rest`."""
    return f"{api if api.endswith('/rest') else f'{api}/rest'}/api/1.0"


class BitbucketServer:
    """Projects and repositories; handles are `KEY/repos/slug`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def repositories(self, query: RepositoryQuery) -> list[Repository]:
        protocol = listing.protocol(query, Forge.BITBUCKET_SERVER)
        listed = await self._pages(f"/projects/{quote(query.owner, '')}/repos", {}, _listed)
        return [one.repository(protocol, Forge.BITBUCKET_SERVER) for one in listed]

    async def branches(self, repository: Repository, *, every: bool) -> list[Branch]:
        path = f"/projects/{repository.handle}/branches"
        if every:
            return await self._pages(path, {}, _branches)
        answer = await self._wire.get(f"{path}/default", {}, _branch, may_lack=True)
        if answer.value is not None:
            return [answer.value]
        if answer.status != 204 and answer.kind not in _NO_BRANCH:
            raise self._wire.not_found(f"{path}/default")
        return []

    async def has_path(self, repository: Repository, branch: Branch, path: str) -> bool:
        place = f"/projects/{repository.handle}/browse/{quote(path)}"
        answer = await self._wire.exists(place, {"at": branch.sha or branch.name, "type": "true"})
        if not answer.value and answer.kind not in _NO_PATH:
            raise self._wire.not_found(place)
        return bool(answer.value)

    async def pull_requests(self, query: PullRequestQuery) -> list[PullRequest]:
        path = f"/projects/{quote(query.owner, '')}/repos/{quote(query.repository, '')}/pull-requests"
        return await self._pages(path, {"state": "OPEN", "order": "OLDEST"}, _pull_requests)

    async def _pages(self, path: str, query: Mapping[str, str], read: Read[tuple[Sequence[T], str]]) -> list[T]:
        async def fetch(position: str) -> tuple[Sequence[T], str]:
            asked = {**query, "limit": str(pages.PER_PAGE), "start": position}
            return (await self._wire.get(path, asked, read)).value or ((), "")

        return await pages.all_of(fetch, self._wire, path)


def _next(body: Any) -> str:
    """Where the next page starts; a page that does not say whether it is the last is no page."""
    if fields.find(body, "isLastPage") is None:
        raise fields.FieldError("isLastPage is missing")
    return "" if fields.flag(body, "isLastPage") else str(fields.number(body, "nextPageStart"))


def _listed(body: Any) -> tuple[Sequence[Listed], str]:
    found = []
    for one in fields.entries(fields.find(body, "values")):
        key, slug = fields.text(one, "project", "key"), fields.text(one, "slug")
        links = fields.entries(fields.find(one, "links", "clone") or [])
        urls = {fields.text(link, "name"): fields.text(link, "href") for link in links}
        found.append(
            Listed(
                organization=key,
                name=fields.text(one, "name"),
                id=fields.number(one, "id"),
                default_branch="",  # told by another request, which `branches` makes
                handle=f"{quote(key, '')}/repos/{quote(slug, '')}",
                urls={"ssh": urls.get("ssh", ""), "https": urls.get("http", "")},
            )
        )
    return found, _next(body)


def _branch(body: Any) -> Branch:
    return Branch(fields.text(body, "displayId"), fields.text(body, "latestCommit"))


def _branches(body: Any) -> tuple[Sequence[Branch], str]:
    return [_branch(one) for one in fields.entries(fields.find(body, "values"))], _next(body)


def _pull_requests(body: Any) -> tuple[Sequence[PullRequest], str]:
    found = [
        PullRequest(
            number=fields.number(one, "id"),
            title=fields.text_or_empty(one, "title"),
            branch=fields.text(one, "fromRef", "displayId"),
            target_branch=fields.text(one, "toRef", "displayId"),
            head_sha=fields.text(one, "fromRef", "latestCommit"),
            author=fields.text_or_empty(one, "author", "user", "name"),
        )
        for one in fields.entries(fields.find(body, "values"))
    ]
    return found, _next(body)
