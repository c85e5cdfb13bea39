"""GitLab: REST API, version 4."""

from __future__ import annotations

import posixpath
from typing import Any, Final
from urllib.parse import quote

from dokaseca.adapters.scm import fields, listing, pages
from dokaseca.adapters.scm.fields import FieldError
from dokaseca.adapters.scm.listing import Listed
from dokaseca.adapters.scm.wire import Wire
from dokaseca.model.errors import NotFoundError
from dokaseca.ports.scm import Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery

PUBLIC: Final = "https://gitlab.com/api/v4"


def base(api: str) -> str:
    """The API's URL below a server's."""
    if not api:
        return PUBLIC
    return api if api.endswith("/api/v4") else f"{api}/api/v4"


class GitLab:
    """Groups and projects; handles are project ids."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def repositories(self, query: RepositoryQuery) -> list[Repository]:
        protocol = listing.protocol(query, Forge.GITLAB)
        asked = {
            "include_subgroups": str(query.subgroups).lower(),
            "with_shared": str(query.shared).lower(),
            "topic": query.topic,
            "archived": "" if query.archived else "false",
            "order_by": "id",  # what is new does not shift what was seen
            "sort": "asc",
        }
        listed = await pages.by_link(self._wire, f"/groups/{quote(query.owner, '')}/projects", asked, _listed)
        return [one.repository(protocol, Forge.GITLAB) for one in listed if not one.is_empty]

    async def branches(self, repository: Repository, *, every: bool) -> list[Branch]:
        path = f"/projects/{repository.handle}/repository/branches"
        if every:
            return await pages.by_link(self._wire, path, {}, _branches)
        answer = await self._wire.get(f"{path}/{quote(repository.default_branch, '')}", {}, _branch, may_lack=True)
        if answer.value is not None:
            return [answer.value]
        if (await self._wire.get(path, {"per_page": "1"}, _branches, may_lack=True)).value is None:
            raise NotFoundError(  # who may not read code is told 404 too: that is not an empty repository
                f"the branches of {repository.organization}/{repository.name} cannot be read; check what the token may "
                "read",
                reason="ForgeNotFound",
                subject=self._wire.subject(path),
            )
        return []

    async def has_path(self, repository: Repository, branch: Branch, path: str) -> bool:
        """By the folder around it: the files API knows no folders."""
        asked = {"path": posixpath.dirname(path), "ref": branch.sha or branch.name}
        return path in await pages.by_link(
            self._wire, f"/projects/{repository.handle}/repository/tree", asked, _paths, may_lack=True
        )

    async def pull_requests(self, query: PullRequestQuery) -> list[PullRequest]:
        asked = {"labels": ",".join(query.labels), "state": query.state, "order_by": "created_at", "sort": "asc"}
        return await pages.by_link(
            self._wire, f"/projects/{quote(query.repository, '')}/merge_requests", asked, _pull_requests
        )


def _listed(body: Any) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            organization=fields.text(one, "namespace", "full_path"),
            name=fields.text(one, "path"),
            id=fields.number(one, "id"),
            default_branch=fields.text_or_empty(one, "default_branch"),
            handle=str(fields.number(one, "id")),
            urls={
                "ssh": fields.text_or_empty(one, "ssh_url_to_repo"),
                "https": fields.text_or_empty(one, "http_url_to_repo"),
            },
            labels=fields.texts(one, "topics") or fields.texts(one, "tag_list"),  # the latter before GitLab 14.5
            is_archived=fields.flag(one, "archived"),
            is_empty=not fields.text_or_empty(one, "default_branch"),
        )
        for one in fields.entries(body)
    )


def _branch(body: Any) -> Branch:
    return Branch(fields.text(body, "name"), fields.text(body, "commit", "id"))


def _branches(body: Any) -> tuple[Branch, ...]:
    return tuple(_branch(one) for one in fields.entries(body))


def _paths(body: Any) -> tuple[str, ...]:
    return tuple(fields.text(one, "path") for one in fields.entries(body))


def _pull_requests(body: Any) -> tuple[PullRequest, ...]:
    found = []
    for one in fields.entries(body):
        sha = fields.text_or_empty(one, "sha")
        if not sha and fields.text(one, "state") == "opened":  # it has just been made: its commits are being read
            raise FieldError(f"merge request {fields.number(one, 'iid')} has no sha yet")
        if sha:  # an old one may have lost its commits: there is nothing to deploy
            found.append(
                PullRequest(
                    number=fields.number(one, "iid"),
                    title=fields.text_or_empty(one, "title"),
                    branch=fields.text(one, "source_branch"),
                    target_branch=fields.text(one, "target_branch"),
                    head_sha=sha,
                    author=fields.text_or_empty(one, "author", "username"),
                    labels=fields.texts(one, "labels"),
                )
            )
    return tuple(found)
