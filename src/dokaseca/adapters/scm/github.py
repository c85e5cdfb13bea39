"""GitHub and GitHub Enterprise: REST API, version 2022-11-28."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, urlsplit

from dokaseca.adapters.scm import fields, listing, pages
from dokaseca.adapters.scm.listing import Listed
from dokaseca.adapters.scm.wire import Wire
from dokaseca.model.errors import NotFoundError
from dokaseca.ports.scm import Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery

PUBLIC: Final = "https://api.github.com"
HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_OLDEST_FIRST: Final = {"sort": "created", "direction": "asc"}  # what is new does not shift what was seen


def base(api: str) -> str:
    """The API's URL: Enterprise servers have it below `/api/v3`, as Argo CD finds it."""
    if not api:
        return PUBLIC
    host = urlsplit(api).netloc.lower()
    is_api = api.endswith("/api/v3") or host.startswith("api.") or ".api." in host
    return api if is_api else f"{api}/api/v3"


class GitHub:
    """Organizations and repositories; handles are `owner/name`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def repositories(self, query: RepositoryQuery) -> list[Repository]:
        protocol = listing.protocol(query, Forge.GITHUB)
        listed = await pages.by_link(self._wire, f"/orgs/{quote(query.owner, '')}/repos", _OLDEST_FIRST, _listed)
        return [one.repository(protocol, Forge.GITHUB) for one in listed if query.archived or not one.is_archived]

    async def branches(self, repository: Repository, *, every: bool) -> list[Branch]:
        path = f"/repos/{repository.handle}/branches"
        if every:
            return await pages.by_link(self._wire, path, {}, _branches)
        answer = await self._wire.get(f"{path}/{quote(repository.default_branch, '')}", {}, _branch, may_lack=True)
        if answer.value is not None:
            return [answer.value]
        if (await self._wire.get(path, {"per_page": "1"}, _branches, may_lack=True)).value is None:
            raise NotFoundError(  # who may not read contents is told 404 too: that is not an empty repository
                f"the branches of {repository.handle} cannot be read; check what the token may read",
                reason="ForgeNotFound",
                subject=self._wire.subject(path),
            )
        return []

    async def has_path(self, repository: Repository, branch: Branch, path: str) -> bool:
        there = await self._wire.exists(
            f"/repos/{repository.handle}/contents/{quote(path)}", {"ref": branch.sha or branch.name}
        )
        return bool(there.value)

    async def pull_requests(self, query: PullRequestQuery) -> list[PullRequest]:
        path = f"/repos/{quote(query.owner, '')}/{quote(query.repository, '')}/pulls"
        listed = await pages.by_link(self._wire, path, {"state": "open", **_OLDEST_FIRST}, _pull_requests)
        return [one for one in listed if set(query.labels) <= set(one.labels)]


def _listed(body: Any) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            organization=fields.text(one, "owner", "login"),
            name=fields.text(one, "name"),
            id=fields.number(one, "id"),
            default_branch=fields.text(one, "default_branch"),
            handle=f"{quote(fields.text(one, 'owner', 'login'), '')}/{quote(fields.text(one, 'name'), '')}",
            urls={"ssh": fields.text_or_empty(one, "ssh_url"), "https": fields.text_or_empty(one, "clone_url")},
            labels=fields.texts(one, "topics"),
            is_archived=fields.flag(one, "archived"),
        )
        for one in fields.entries(body)
    )


def _branch(body: Any) -> Branch:
    return Branch(fields.text(body, "name"), fields.text(body, "commit", "sha"))


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
            author=fields.text_or_empty(one, "user", "login"),  # a deleted user's pull requests have none
            labels=fields.names(one, "labels"),
        )
        for one in fields.entries(body)
    )
