"""The scmProvider generator: one parameter set for each branch of a forge's repositories."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.generate import params
from dokaseca.generate.generators import context, forge_access, forge_fields, scm_provider_filters
from dokaseca.generate.generators.context import Context
from dokaseca.generate.generators.scm_provider_filters import Filters
from dokaseca.generate.templates import slug
from dokaseca.generate.templates.engine import Params
from dokaseca.model.errors import TransientError, UserError
from dokaseca.ports.scm import Access, Branch, Forge, Repository, RepositoryQuery, Scm
from dokaseca.runtime import parallel

WIDTH: Final = 8  # questions about branches and paths under way
TOTAL_SECONDS: Final = 900.0  # 10,000 repositories, eight at a time, in half a second each
_FIELDS: Final = ("cloneProtocol", "filters", "requeueAfterSeconds", "template", "values")


@dataclass(frozen=True, slots=True)
class _Provider:
    """A provider's fields: which says whose repositories, what may and what must be there, and which token must."""

    forge: Forge
    owner: str
    fields: tuple[str, ...]
    required: tuple[str, ...] = ()
    token: str = ""


_TLS: Final = ("insecure", "caRef")
_PROVIDERS: Final = {
    "github": _Provider(
        Forge.GITHUB, "organization", ("api", "tokenRef", "appSecretName", "allBranches", "excludeArchivedRepos")
    ),
    "gitlab": _Provider(
        Forge.GITLAB,
        "group",
        (
            *("api", "tokenRef", "allBranches", "topic"),
            *("includeSubgroups", "includeSharedProjects", "includeArchivedRepos", *_TLS),
        ),
    ),
    "gitea": _Provider(Forge.GITEA, "owner", ("tokenRef", "allBranches", "insecure", "excludeArchivedRepos"), ("api",)),
    "bitbucketServer": _Provider(
        Forge.BITBUCKET_SERVER, "project", ("basicAuth", "bearerToken", "allBranches", *_TLS), ("api",)
    ),
    "azureDevOps": _Provider(
        Forge.AZURE_DEVOPS, "organization", ("api", "accessTokenRef", "allBranches"), ("teamProject",), "accessTokenRef"
    ),
    "bitbucket": _Provider(Forge.BITBUCKET, "owner", ("appPasswordRef", "allBranches"), ("user",), "appPasswordRef"),
    "awsCodeCommit": _Provider(Forge.CODECOMMIT, "", ("tagFilters", "role", "region", "allBranches")),
}


async def generate(spec: dict[str, Any], around: Context) -> list[Params]:
    """The branches that pass the filters, in the forge's order; default branches only unless `allBranches`.

    Raises:
        UserError: a field is wrong.
        DeniedError: settings or the forge forbid it.
        TransientError, WaitingError, NotFoundError: the forge gave no whole answer.
    """
    forges = forge_access.door(around, "scmProvider")
    forge_fields.known(spec, (*_FIELDS, *_PROVIDERS), "scmProvider generator")
    name, fields = forge_fields.only_provider(spec, _PROVIDERS, "scmProvider")
    provider = _PROVIDERS[name]
    query = _query(name, provider, fields, context.text_field(spec, "cloneProtocol", "scmProvider"))
    filters = scm_provider_filters.compiled(spec)
    every = forge_fields.flag(fields, "allBranches", name)
    age = forge_fields.poll(around, forge_fields.interval_seconds(spec, "scmProvider"))
    access = await forge_access.access(provider.forge, fields, around, forges)
    asking = _Asking(forges.scm, access, every, age)
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            found = await asking.branches(query, filters)
    except TimeoutError as error:
        raise TransientError(
            f"{provider.forge} did not answer everything within {TOTAL_SECONDS:.0f} s; it is tried again",
            reason="ForgeSlow",
        ) from error
    values = context.mapping_field(spec, "values", "scmProvider")
    return [params.with_values(_params(*pair), values, around.engine) for pair in found]


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks one forge as one login; answers may be `age` seconds old."""

    scm: Scm
    access: Access
    every: bool
    age: float

    async def branches(self, query: RepositoryQuery, filters: Filters) -> list[tuple[Repository, Branch]]:
        repositories = await self.scm.repositories(self.access, query, max_age_seconds=self.age)
        wanted = [one for one in repositories if filters.may_take(one)]
        branches = await parallel.each(wanted, self._branches, width=WIDTH)
        pairs = [(one, branch) for one, some in zip(wanted, branches, strict=True) for branch in some]

        async def take(pair: tuple[Repository, Branch]) -> bool:
            return await filters.take(*pair, self._has_path)

        taken = await parallel.each(pairs, take, width=WIDTH)
        return [pair for pair, is_taken in zip(pairs, taken, strict=True) if is_taken]

    async def _branches(self, repository: Repository) -> Sequence[Branch]:
        return await self.scm.branches(self.access, repository, every=self.every, max_age_seconds=self.age)

    async def _has_path(self, repository: Repository, branch: Branch, path: str) -> bool:
        return await self.scm.has_path(self.access, repository, branch, path, max_age_seconds=self.age)


def _query(name: str, provider: _Provider, fields: dict[str, Any], clone_protocol: str) -> RepositoryQuery:
    own = (provider.owner,) if provider.owner else ()
    forge_fields.known(fields, (*own, *provider.required, *provider.fields), f"scmProvider generator: {name}")
    for field in provider.required:
        forge_fields.required(fields, field, name)
    if provider.token and fields.get(provider.token) is None:
        raise UserError(f"{name} generator: no token provided; set {provider.token}", reason="InvalidGenerator")
    if provider.forge == Forge.GITLAB:
        is_archived_wanted = forge_fields.flag(fields, "includeArchivedRepos", name)
    else:
        is_archived_wanted = not forge_fields.flag(fields, "excludeArchivedRepos", name)
    return RepositoryQuery(
        owner=forge_fields.required(fields, provider.owner, name) if provider.owner else "",
        team_project=context.text_field(fields, "teamProject", name),
        clone_protocol=clone_protocol,
        archived=is_archived_wanted,
        subgroups=forge_fields.flag(fields, "includeSubgroups", name),
        shared=forge_fields.flag(fields, "includeSharedProjects", name, default=True),
        topic=context.text_field(fields, "topic", name),
        tags=_tags(fields, name),
    )


def _tags(fields: dict[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    found = []
    for entry in context.list_field(fields, "tagFilters", name):
        if not isinstance(entry, dict):
            raise UserError(f"{name} generator: each of tagFilters must be a mapping", reason="InvalidGenerator")
        forge_fields.known(entry, ("key", "value"), f"{name} generator: tagFilters")
        found.append((forge_fields.required(entry, "key", name), context.text_field(entry, "value", name)))
    return tuple(found)


def _params(repository: Repository, branch: Branch) -> Params:
    return {
        "organization": repository.organization,
        "repository": repository.name,
        "repository_id": repository.id,
        "url": repository.url,
        "branch": branch.name,
        "branchNormalized": slug.normalize(branch.name),
        "sha": branch.sha,
        "short_sha": branch.sha[:8],
        "short_sha_7": branch.sha[:7],
        "labels": ",".join(repository.labels),
    }
