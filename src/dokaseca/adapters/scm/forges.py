"""All forges behind one door: `ports.scm.Scm`."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from dokaseca.adapters.scm import (
    aws_signature,
    azure_devops,
    bitbucket_cloud,
    bitbucket_server,
    codecommit,
    egress,
    gitea,
    github,
    gitlab,
)
from dokaseca.adapters.scm.answers import Answers
from dokaseca.adapters.scm.aws_login import AwsLogins, Endpoint
from dokaseca.adapters.scm.aws_signature import Scope
from dokaseca.adapters.scm.github_app import AppTokens
from dokaseca.adapters.scm.http import Http, Trust
from dokaseca.adapters.scm.wire import Authorize, Login, Shared, Wire
from dokaseca.kit import digest
from dokaseca.kit.clock import Clock
from dokaseca.ports.scm import Access, Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery

_AT = {
    Forge.GITHUB: github.base,
    Forge.GITLAB: gitlab.base,
    Forge.GITEA: gitea.base,
    Forge.BITBUCKET: bitbucket_cloud.base,
    Forge.BITBUCKET_SERVER: bitbucket_server.base,
    Forge.AZURE_DEVOPS: azure_devops.base,
}


class _One(Protocol):
    """What each forge's module has."""

    async def repositories(self, query: RepositoryQuery) -> list[Repository]: ...
    async def branches(self, repository: Repository, *, every: bool) -> list[Branch]: ...
    async def has_path(self, repository: Repository, branch: Branch, path: str) -> bool: ...
    async def pull_requests(self, query: PullRequestQuery) -> list[PullRequest]: ...


class Forges:
    """Asks forges, and remembers what they said.

    Args:
        clock: for the ages of answers, rate limits and signatures.
        private_hosts: names in lower case of forges that are inside the house.
        environment: of the process, for AWS.
        aws_endpoint: the URL of an AWS (service, region).
    """

    def __init__(
        self,
        clock: Clock,
        private_hosts: frozenset[str] = frozenset(),
        environment: Mapping[str, str] | None = None,
        aws_endpoint: Endpoint = codecommit.endpoint,
    ) -> None:
        self._http = Http(private_hosts)
        self._shared = Shared(self._http, clock)
        self._answers = Answers(clock)
        self._environment = environment or {}
        self._aws_endpoint = aws_endpoint
        self._aws = AwsLogins(self._shared, self._environment, aws_endpoint)
        self._apps = AppTokens(self._shared)

    async def repositories(
        self, access: Access, query: RepositoryQuery, *, max_age_seconds: float
    ) -> Sequence[Repository]:
        identity = _identity(access)
        one = self._one(access, identity)
        return await self._answers.ask(
            ("repositories", identity, query), max_age_seconds, lambda: one.repositories(query)
        )

    async def branches(
        self, access: Access, repository: Repository, *, every: bool, max_age_seconds: float
    ) -> Sequence[Branch]:
        identity = _identity(access)
        one = self._one(access, identity)
        key = ("branches", identity, repository.handle, repository.default_branch, every)
        return await self._answers.ask(key, max_age_seconds, lambda: one.branches(repository, every=every))

    async def has_path(
        self, access: Access, repository: Repository, branch: Branch, path: str, *, max_age_seconds: float
    ) -> bool:
        identity = _identity(access)
        one = self._one(access, identity)
        key = ("path", identity, repository.handle, branch.sha or branch.name, path)
        age = math.inf if branch.sha else max_age_seconds
        return await self._answers.ask(key, age, lambda: one.has_path(repository, branch, path))

    async def pull_requests(
        self, access: Access, query: PullRequestQuery, *, max_age_seconds: float
    ) -> Sequence[PullRequest]:
        identity = _identity(access)
        one = self._one(access, identity)
        return await self._answers.ask(
            ("pull requests", identity, query), max_age_seconds, lambda: one.pull_requests(query)
        )

    async def close(self) -> None:
        """Give back connections; idempotent."""
        await self._http.close()

    def _one(self, access: Access, identity: str) -> _One:
        if access.forge == Forge.CODECOMMIT:
            return self._codecommit(access, identity)
        api = egress.checked_url(access.api, self._http.private_hosts, subject=access.forge) if access.api else ""
        base, trust = _AT[access.forge](api), Trust(access.ca_pem, access.insecure)
        wire = Wire(self._shared, Login(access.forge, base, trust, identity, self._authorize(access, base, trust)))
        match access.forge:
            case Forge.GITHUB:
                return github.GitHub(wire)
            case Forge.GITLAB:
                return gitlab.GitLab(wire)
            case Forge.GITEA:
                return gitea.Gitea(wire)
            case Forge.BITBUCKET:
                return bitbucket_cloud.BitbucketCloud(wire)
            case Forge.BITBUCKET_SERVER:
                return bitbucket_server.BitbucketServer(wire)
            case _:
                return azure_devops.AzureDevOps(wire)

    def _authorize(self, access: Access, base: str, trust: Trust) -> Authorize:
        async def authorize(_url: str, _headers: Mapping[str, str], _body: bytes) -> Mapping[str, str]:
            token = access.token.strip()
            if access.app is not None:
                token = await self._apps.token(access.app, base, trust)
            return _headers_of(access, token)

        return authorize

    def _codecommit(self, access: Access, identity: str) -> _One:
        region = codecommit.region(access.region, self._environment)

        def wire(service: str) -> Wire:
            async def authorize(url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
                keys = await self._aws.keys(region, access.role)
                return aws_signature.headers(url, body, headers, keys, Scope(region, service), self._shared.clock.now())

            base = self._aws_endpoint(service, region)
            return Wire(self._shared, Login(access.forge, base, Trust(), f"{identity}/{service}", authorize))

        return codecommit.CodeCommit(wire("codecommit"), wire("tagging"))


def _headers_of(access: Access, token: str) -> Mapping[str, str]:
    """How each forge is told who asks."""
    version = github.HEADERS if access.forge == Forge.GITHUB else {}
    if not token:
        return version
    if access.forge == Forge.GITLAB:
        return {"PRIVATE-TOKEN": token}
    if access.forge == Forge.GITEA:
        return {"Authorization": f"token {token}"}
    if access.username or access.forge == Forge.AZURE_DEVOPS:
        login = base64.b64encode(f"{access.username}:{token}".encode()).decode()
        return {"Authorization": f"Basic {login}"}
    return {"Authorization": f"Bearer {token}", **version}


def _identity(access: Access) -> str:
    app = access.app
    return digest.of_value(
        [
            *(access.forge, access.api, access.token, access.username, access.ca_pem, access.insecure),
            *(access.region, access.role),
            [app.app_id, app.installation_id, app.private_key] if app is not None else None,
        ]
    )
