"""Forges: repositories, branches and pull requests as GitHub, GitLab and their like tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Forge(StrEnum):
    """The kinds of forge, as messages name them."""

    GITHUB = "GitHub"
    GITLAB = "GitLab"
    GITEA = "Gitea"
    BITBUCKET = "Bitbucket Cloud"
    BITBUCKET_SERVER = "Bitbucket Server"
    AZURE_DEVOPS = "Azure DevOps"
    CODECOMMIT = "AWS CodeCommit"


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """A GitHub App's installation; the key is PEM text."""

    app_id: str
    installation_id: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """Where a forge is and who asks. Secrets do not show in its `repr`.

    Attributes:
        api: the URL as the ApplicationSet writes it; empty is the forge's public one.
        token: a token; with `username` the password of basic authentication; empty asks anonymously.
        app: instead of a token, GitHub only.
        ca_pem: authorities that are trusted beside the machine's own.
        insecure: the server's certificate is not looked at.
        region: of AWS; empty is the environment's.
        role: of AWS, to be assumed; empty is the environment's own login.
    """

    forge: Forge
    api: str = ""
    token: str = field(default="", repr=False)
    username: str = ""
    app: GitHubApp | None = None
    ca_pem: str = ""
    insecure: bool = False
    region: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class RepositoryQuery:
    """Which repositories to list.

    Attributes:
        owner: organization, group, workspace or project; nothing on AWS.
        team_project: of Azure DevOps.
        clone_protocol: `ssh`, `https`, `https-fips` (AWS); empty is ssh where the forge knows it.
        archived: whether archived ones count; GitHub, GitLab, Gitea.
        subgroups, shared, topic: GitLab: projects of subgroups and shared ones too, only those with a topic.
        tags: AWS: (key, value) pairs; an empty value is any. Values of a key are alternatives, all keys must be there.
    """

    owner: str
    team_project: str = ""
    clone_protocol: str = ""
    archived: bool = True
    subgroups: bool = False
    shared: bool = True
    topic: str = ""
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository.

    Attributes:
        id: the forge's own, a number or a text.
        url: to clone from.
        handle: what the forge's API calls it by.
        labels: topics (GitHub, GitLab) or labels (Gitea).
    """

    organization: str
    name: str
    id: int | str
    url: str
    default_branch: str
    handle: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch; `sha` is empty where the forge does not tell it with the branch (AWS)."""

    name: str
    sha: str


@dataclass(frozen=True, slots=True)
class PullRequestQuery:
    """Which pull requests to list: the open ones of a repository.

    Attributes:
        owner: organization, user, workspace, or the project of Bitbucket Server; empty on GitLab.
        repository: its name, or GitLab's project id or path.
        team_project: of Azure DevOps.
        labels: a pull request must have all of them.
        state: GitLab: `opened`, `closed`, `merged`, `locked`, or empty for all.
    """

    owner: str
    repository: str
    team_project: str = ""
    labels: tuple[str, ...] = ()
    state: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull or merge request."""

    number: int
    title: str
    branch: str
    target_branch: str
    head_sha: str
    author: str
    labels: tuple[str, ...] = ()


class Scm(Protocol):
    """All forges behind one door.

    `max_age_seconds` is how old an answer may be: one answer serves everybody who asks the same within that time, and 0
    asks the forge. An answer is whole: whatever fails on the way fails all of it, so that nothing looks absent only
    because it could not be read.

    Every method may raise: DeniedError (401, 403, an address or URL that we do not go to), WaitingError (rate limit,
    with the time to wait), TransientError (no answer, 5xx, an answer that makes no sense), UserError (a wrong URL or
    field), NotFoundError (the owner or repository is not there, or not for us).
    """

    async def repositories(
        self, access: Access, query: RepositoryQuery, *, max_age_seconds: float
    ) -> Sequence[Repository]:
        """Every repository, in the forge's order; those without any commit may be left out."""
        ...

    async def branches(
        self, access: Access, repository: Repository, *, every: bool, max_age_seconds: float
    ) -> Sequence[Branch]:
        """All branches, or the default one; none when the repository is empty."""
        ...

    async def has_path(
        self, access: Access, repository: Repository, branch: Branch, path: str, *, max_age_seconds: float
    ) -> bool:
        """Whether a file or folder is there. What a commit holds does not change: it is asked once."""
        ...

    async def pull_requests(
        self, access: Access, query: PullRequestQuery, *, max_age_seconds: float
    ) -> Sequence[PullRequest]:
        """The pull requests, in the forge's order."""
        ...
