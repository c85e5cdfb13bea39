"""The pullRequest generator: one parameter set for each open pull request of a repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dokaseca.generate import params
from dokaseca.generate.generators import context, forge_access, forge_fields
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates import slug
from dokaseca.generate.templates.engine import Params
from dokaseca.generate.templates.gotemplate.values import Strings
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.ports.scm import Forge, PullRequest, PullRequestQuery

_WHERE: Final = "pullRequest"
_FIELDS: Final = ("continueOnRepoNotFoundError", "filters", "requeueAfterSeconds", "template", "values")
_FILTERS: Final = ("branchMatch", "targetBranchMatch", "titleMatch")
_STATES: Final = ("", "opened", "closed", "merged", "locked")


@dataclass(frozen=True, slots=True)
class _Provider:
    """A provider's fields: which say whose repository and which one, what else must be there, and what may."""

    forge: Forge
    owner: str
    repository: str
    fields: tuple[str, ...]
    required: tuple[str, ...] = ()


_LOGIN: Final = ("basicAuth", "bearerToken")
_PROVIDERS: Final = {
    "github": _Provider(Forge.GITHUB, "owner", "repo", ("api", "tokenRef", "appSecretName", "labels")),
    "gitlab": _Provider(
        Forge.GITLAB, "", "project", ("api", "tokenRef", "labels", "pullRequestState", "insecure", "caRef")
    ),
    "gitea": _Provider(Forge.GITEA, "owner", "repo", ("tokenRef", "labels", "insecure"), ("api",)),
    "bitbucketServer": _Provider(Forge.BITBUCKET_SERVER, "project", "repo", (*_LOGIN, "insecure", "caRef"), ("api",)),
    "bitbucket": _Provider(Forge.BITBUCKET, "owner", "repo", ("api", *_LOGIN)),
    "azuredevops": _Provider(Forge.AZURE_DEVOPS, "organization", "repo", ("api", "tokenRef", "labels"), ("project",)),
}


async def generate(spec: dict[str, Any], around: Context) -> list[Params]:
    """The pull requests that pass the filters, in the forge's order.

    Raises:
        UserError: a field is wrong.
        NotFoundError: there is no such repository, and `continueOnRepoNotFoundError` is not set.
        DeniedError: settings or the forge forbid it.
        TransientError, WaitingError: the forge gave no whole answer.
    """
    forges = forge_access.door(around, _WHERE)
    forge_fields.known(spec, (*_FIELDS, *_PROVIDERS), f"{_WHERE} generator")
    name, fields = forge_fields.only_provider(spec, _PROVIDERS, _WHERE)
    provider = _PROVIDERS[name]
    query = _query(name, provider, fields)
    filters = [_Filter.compiled(entry) for entry in forge_fields.filters(spec, _FILTERS, _WHERE)]
    may_lack = forge_fields.flag(spec, "continueOnRepoNotFoundError", _WHERE)
    age = forge_fields.poll(around, forge_fields.interval_seconds(spec, _WHERE))
    access = await forge_access.access(provider.forge, fields, around, forges)
    try:
        listed = await forges.scm.pull_requests(access, query, max_age_seconds=age)
    except NotFoundError:
        if may_lack:
            return []
        raise
    found = [one for one in listed if not filters or any(each.takes(one) for each in filters)]
    values = context.mapping_field(spec, "values", _WHERE)
    return [params.with_values(_params(one, is_go=around.engine.is_go), values, around.engine) for one in found]


@dataclass(frozen=True, slots=True)
class _Filter:
    """One entry: all of its conditions must hold; None is no condition."""

    branch: Any
    target_branch: Any
    title: Any

    @classmethod
    def compiled(cls, entry: dict[str, Any]) -> _Filter:
        return cls(*(forge_fields.pattern(entry, name, _WHERE) for name in _FILTERS))

    def takes(self, one: PullRequest) -> bool:
        conditions = ((self.branch, one.branch), (self.target_branch, one.target_branch), (self.title, one.title))
        return all(pattern is None or pattern.search(text) for pattern, text in conditions)


def _query(name: str, provider: _Provider, fields: dict[str, Any]) -> PullRequestQuery:
    own = tuple(one for one in (provider.owner, provider.repository) if one)
    forge_fields.known(fields, (*own, *provider.required, *provider.fields), f"{_WHERE} generator: {name}")
    for field in provider.required:
        forge_fields.required(fields, field, name)
    state = context.text_field(fields, "pullRequestState", name)
    if state not in _STATES:
        raise UserError(
            f"{name} generator: pullRequestState must be one of {', '.join(_STATES[1:])}, not {state[:40]!r}",
            reason="InvalidGenerator",
        )
    is_azure = provider.forge == Forge.AZURE_DEVOPS
    return PullRequestQuery(
        owner=forge_fields.required(fields, provider.owner, name) if provider.owner else "",
        repository=forge_fields.required(fields, provider.repository, name),
        team_project=forge_fields.required(fields, "project", name) if is_azure else "",
        labels=forge_fields.texts(fields, "labels", name),
        state=state,
    )


def _params(one: PullRequest, *, is_go: bool) -> Params:
    found: Params = {
        "number": str(one.number),
        "title": one.title,
        "branch": one.branch,
        "branch_slug": slug.of_branch(one.branch),
        "target_branch": one.target_branch,
        "target_branch_slug": slug.of_branch(one.target_branch),
        "head_sha": one.head_sha,
        "head_short_sha": one.head_sha[:8],
        "head_short_sha_7": one.head_sha[:7],
        "author": one.author,
    }
    if is_go:  # Argo CD leaves them out of the plain engine, which knows texts only
        found["labels"] = Strings(one.labels)
    return found
