"""Azure DevOps Services and Server: REST API, version 5.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from dokaseca.adapters.scm import fields, listing, pages
from dokaseca.adapters.scm.listing import Listed
from dokaseca.adapters.scm.wire import Read, Wire
from dokaseca.ports.scm import Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery

T = TypeVar("T")

PUBLIC: Final = "https://dev.azure.com"
_VERSION: Final = {"api-version": "5.1"}
_NO_REPOSITORY: Final = "GitRepositoryNotFoundException"  # told of disabled ones, which are listed all the same
_NO_PATH: Final = "GitItemNotFoundException"
_BRANCH_PREFIX: Final = "refs/heads/"


def base(api: str) -> str:
    """The URL that organizations (or collections of a server) are below."""
    return api or PUBLIC


class AzureDevOps:
    """Team projects and repositories; handles are the repositories' API paths."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def repositories(self, query: RepositoryQuery) -> list[Repository]:
        """Clone URLs are https unless ssh is asked for: Argo CD gives https ones whatever is asked."""
        protocol = listing.protocol(query, Forge.AZURE_DEVOPS) if query.clone_protocol else "https"
        project = _project(query.owner, query.team_project)
        listed = await self._continued(f"{project}/_apis/git/repositories", _listed)
        return [
            Repository(
                query.owner,
                one.name,
                one.id,
                one.repository(protocol, Forge.AZURE_DEVOPS).url,
                one.default_branch,
                f"{project}/_apis/git/repositories/{one.handle}",
            )
            for one in listed
            if not one.is_empty
        ]

    async def branches(self, repository: Repository, *, every: bool) -> list[Branch]:
        path = f"{repository.handle}/stats/branches"
        asked = {**_VERSION, "name": "" if every else repository.default_branch}
        answer = await self._wire.get(path, asked, _branches if every else _branch, may_lack=True)
        if answer.value is None and answer.kind != _NO_REPOSITORY:
            raise self._wire.not_found(path)
        return list(answer.value or ())

    async def has_path(self, repository: Repository, branch: Branch, path: str) -> bool:
        asked = {
            **_VERSION,
            "path": f"/{path}",
            "versionDescriptor.version": branch.sha or branch.name,
            "versionDescriptor.versionType": "commit" if branch.sha else "branch",
            "includeContentMetadata": "true",
        }
        place = f"{repository.handle}/items"
        answer = await self._wire.exists(place, asked)
        if not answer.value and answer.kind != _NO_PATH:
            raise self._wire.not_found(place)
        return bool(answer.value)

    async def pull_requests(self, query: PullRequestQuery) -> list[PullRequest]:
        """Of the whole project, as Argo CD asks: a repository that is not there has none."""
        path = f"{_project(query.owner, query.team_project)}/_apis/git/pullrequests"

        async def fetch(position: str) -> tuple[Sequence[tuple[str, PullRequest]], str]:
            asked = {**_VERSION, "searchCriteria.status": "active", "$top": str(pages.PER_PAGE), "$skip": position}
            count, found = (await self._wire.get(path, asked, _pull_requests)).value or (0, ())
            return found, str(
                int(position or 0) + count
            ) if count else ""  # until there are none: no page says how many

        listed = await pages.all_of(fetch, self._wire, path)
        wanted = set(query.labels)
        return [one for name, one in listed if name == query.repository and wanted <= set(one.labels)]

    async def _continued(self, path: str, read: Read[Sequence[T]]) -> list[T]:
        async def fetch(position: str) -> tuple[Sequence[T], str]:
            asked: Mapping[str, str] = {**_VERSION, "continuationToken": position}
            answer = await self._wire.get(path, asked, read)
            return answer.value or (), answer.headers.get("x-ms-continuationtoken", "")

        return await pages.all_of(fetch, self._wire, path)


def _project(organization: str, project: str) -> str:
    return f"/{quote(organization)}/{quote(project, '')}"


def _listed(body: Any) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            organization="",
            name=fields.text(one, "name"),
            id=fields.text(one, "id"),
            default_branch=fields.text_or_empty(one, "defaultBranch").removeprefix(_BRANCH_PREFIX),
            handle=quote(fields.text(one, "id"), ""),
            urls={"https": fields.text_or_empty(one, "remoteUrl"), "ssh": fields.text_or_empty(one, "sshUrl")},
            is_empty=not fields.text_or_empty(one, "defaultBranch"),
        )
        for one in fields.entries(fields.find(body, "value"))
    )


def _branch(body: Any) -> tuple[Branch, ...]:
    return (Branch(fields.text(body, "name"), fields.text(body, "commit", "commitId")),)


def _branches(body: Any) -> tuple[Branch, ...]:
    return tuple(branch for one in fields.entries(fields.find(body, "value")) for branch in _branch(one))


def _pull_requests(body: Any) -> tuple[int, Sequence[tuple[str, PullRequest]]]:
    """How many there were, and (repository, pull request) of those that have a commit to deploy."""
    entries = fields.entries(fields.find(body, "value"))
    found = [
        (
            fields.text(one, "repository", "name"),
            PullRequest(
                number=fields.number(one, "pullRequestId"),
                title=fields.text_or_empty(one, "title"),
                branch=fields.text(one, "sourceRefName").removeprefix(_BRANCH_PREFIX),
                target_branch=fields.text(one, "targetRefName").removeprefix(_BRANCH_PREFIX),
                head_sha=fields.text(one, "lastMergeSourceCommit", "commitId"),
                author=fields.text_or_empty(one, "createdBy", "uniqueName").partition("@")[0],
                labels=fields.names(one, "labels"),
            ),
        )
        for one in entries
        if fields.find(one, "lastMergeSourceCommit") is not None
    ]
    return len(entries), found
