"""AWS CodeCommit, and the tagging service that finds its repositories: JSON 1.1 over POST."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson

from dokaseca.adapters.scm import fields, listing, pages
from dokaseca.adapters.scm.listing import Listed
from dokaseca.adapters.scm.wire import Answer, Read, Wire
from dokaseca.model.errors import UserError
from dokaseca.ports.scm import Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery
from dokaseca.runtime import parallel

T = TypeVar("T")

PROTOCOLS: Final = ("ssh", "https", "https-fips")
WIDTH: Final = 4  # requests at once: the service allows some 10 a second
CONTENT_TYPE: Final = "application/x-amz-json-1.1"

_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}\Z")  # it becomes part of a host name
_CODECOMMIT: Final = "CodeCommit_20150413"
_TAGGING: Final = "ResourceGroupsTaggingAPI_20170126"
_NO_PATH: Final = "FolderDoesNotExistException CommitDoesNotExistException"
_GIT: Final = "https://git-codecommit."
_GIT_FIPS: Final = "https://git-codecommit-fips."


def region(written: str, environment: Mapping[str, str]) -> str:
    """The region to ask: as written, else the environment's.

    Raises:
        UserError: reason InvalidGenerator: there is none, or it is no region's name.
    """
    found = written or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    if not _REGION.match(found):
        raise UserError(
            f"{found[:40]!r} is no AWS region; set awsCodeCommit.region, or AWS_REGION for the process that runs the "
            "platform",
            reason="InvalidGenerator",
        )
    return found


def endpoint(service: str, name: str) -> str:
    """The URL of a service in a region."""
    return f"https://{service}.{name}.amazonaws.com{'.cn' if name.startswith('cn-') else ''}"


class CodeCommit:
    """Repositories of one account and region; handles are their names. Branches come without a commit (Argo CD)."""

    def __init__(self, wire: Wire, tagging: Wire) -> None:
        self._wire = wire
        self._tagging = tagging

    async def repositories(self, query: RepositoryQuery) -> list[Repository]:
        protocol = listing.protocol(query, Forge.CODECOMMIT, PROTOCOLS)
        names = await (self._tagged(query) if query.tags else self._all_names())
        listed = await parallel.each(names, self._described, width=WIDTH)
        return [one.repository(protocol, Forge.CODECOMMIT) for one in listed if not one.is_empty]

    async def branches(self, repository: Repository, *, every: bool) -> list[Branch]:
        if not every:
            return [Branch(repository.default_branch, "")]
        names = await self._listed("ListBranches", {"repositoryName": repository.handle}, _branch_names)
        return [Branch(name, "") for name in names]

    async def has_path(self, repository: Repository, branch: Branch, path: str) -> bool:
        """By the folder around it, since a file is only given with its content."""
        folder, _, name = f"/{path}".rpartition("/")
        asked = {
            "repositoryName": repository.handle,
            "commitSpecifier": branch.sha or branch.name,
            "folderPath": folder or "/",
        }
        answer = await self._call(self._wire, f"{_CODECOMMIT}.GetFolder", asked, _entries, lacks=_NO_PATH)
        return name in (answer.value or ())

    async def pull_requests(self, query: PullRequestQuery) -> list[PullRequest]:
        raise UserError("pull requests of AWS CodeCommit are not supported", reason="UnsupportedGenerator")

    async def _all_names(self) -> list[str]:
        return await self._listed("ListRepositories", {}, _repository_names)

    async def _tagged(self, query: RepositoryQuery) -> list[str]:
        """The names of repositories that have every key, with one of its values where any are given."""
        values: dict[str, list[str]] = {}
        for key, value in query.tags:
            values.setdefault(key, []).extend([value] if value else [])
        asked = {
            "ResourceTypeFilters": ["codecommit:repository"],
            "TagFilters": [{"Key": key, "Values": some} if some else {"Key": key} for key, some in values.items()],
        }

        async def fetch(position: str) -> tuple[Sequence[str], str]:
            more = {"PaginationToken": position} if position else {}
            return (
                await self._call(self._tagging, f"{_TAGGING}.GetResources", {**asked, **more}, _tagged_names)
            ).value or ((), "")

        return await pages.all_of(fetch, self._tagging, "/")

    async def _listed(self, action: str, asked: Mapping[str, Any], read: Read[tuple[Sequence[T], str]]) -> list[T]:
        async def fetch(position: str) -> tuple[Sequence[T], str]:
            more = {"nextToken": position} if position else {}
            return (await self._call(self._wire, f"{_CODECOMMIT}.{action}", {**asked, **more}, read)).value or ((), "")

        return await pages.all_of(fetch, self._wire, "/")

    async def _described(self, name: str) -> Listed:
        answer = await self._call(self._wire, f"{_CODECOMMIT}.GetRepository", {"repositoryName": name}, _described)
        assert answer.value is not None  # no word is told to mean "not there"
        return answer.value

    async def _call(
        self, wire: Wire, target: str, asked: Mapping[str, Any], read: Read[T], lacks: str = ""
    ) -> Answer[T]:
        headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target}
        return await wire.post("/", headers, orjson.dumps(asked), read, lacks)


def _described(body: Any) -> Listed:
    one = fields.find(body, "repositoryMetadata")
    https = fields.text_or_empty(one, "cloneUrlHttp")
    name = fields.text(one, "repositoryName")
    is_git = https.startswith(_GIT)
    return Listed(
        organization=fields.text(one, "accountId"),
        name=name,
        id=fields.text(one, "repositoryId"),
        default_branch=fields.text_or_empty(one, "defaultBranch"),
        handle=name,
        urls={
            "ssh": fields.text_or_empty(one, "cloneUrlSsh"),
            "https": https,
            "https-fips": https.replace(_GIT, _GIT_FIPS, 1) if is_git or https.startswith(_GIT_FIPS) else "",
        },
        is_empty=not fields.text_or_empty(one, "defaultBranch"),
    )


def _repository_names(body: Any) -> tuple[Sequence[str], str]:
    listed = fields.entries(fields.find(body, "repositories"))
    return [fields.text(one, "repositoryName") for one in listed], fields.text_or_empty(body, "nextToken")


def _branch_names(body: Any) -> tuple[Sequence[str], str]:
    return fields.texts(body, "branches"), fields.text_or_empty(body, "nextToken")


def _tagged_names(body: Any) -> tuple[Sequence[str], str]:
    """From ARNs: `arn:aws:codecommit:region:account:name`."""
    listed = fields.entries(fields.find(body, "ResourceTagMappingList"))
    names = [fields.text(one, "ResourceARN").split(":", 5)[-1] for one in listed]
    return names, fields.text_or_empty(body, "PaginationToken")


def _entries(body: Any) -> frozenset[str]:
    kinds = ("subModules", "subFolders", "files", "symbolicLinks")
    listed = [one for kind in kinds for one in fields.entries(fields.find(body, kind) or [])]
    return frozenset(posixpath.basename(fields.text(one, "relativePath")) for one in listed)
