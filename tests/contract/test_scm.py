"""What `ports.scm.Scm` promises, held against every forge (a server of our own each) and against the fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from tests.fakes.forges.azure_devops import AzureDevOpsServer
from tests.fakes.forges.bitbucket_cloud import BitbucketCloudServer
from tests.fakes.forges.bitbucket_server import BitbucketServerServer
from tests.fakes.forges.codecommit import CodeCommitServer
from tests.fakes.forges.gitea import GiteaServer
from tests.fakes.forges.github import GitHubServer
from tests.fakes.forges.gitlab import GitLabServer
from tests.fakes.forges.server import ForgeServer
from tests.fakes.forges.world import example, sha
from tests.fakes.scm import FakeScm

from dokaseca.adapters.scm.forges import Forges
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import DokaSecaError, NotFoundError
from dokaseca.ports.scm import Access, Branch, Forge, PullRequest, PullRequestQuery, Repository, RepositoryQuery, Scm

SERVERS: dict[Forge, type[ForgeServer]] = {
    Forge.GITHUB: GitHubServer,
    Forge.GITLAB: GitLabServer,
    Forge.GITEA: GiteaServer,
    Forge.BITBUCKET: BitbucketCloudServer,
    Forge.BITBUCKET_SERVER: BitbucketServerServer,
    Forge.AZURE_DEVOPS: AzureDevOpsServer,
    Forge.CODECOMMIT: CodeCommitServer,
}
HAS_ARCHIVED = (Forge.GITHUB, Forge.GITLAB, Forge.GITEA, None)
HAS_LABELS = (Forge.GITHUB, Forge.GITLAB, Forge.GITEA, None)  # of repositories
HAS_PULL_LABELS = (Forge.GITHUB, Forge.GITLAB, Forge.GITEA, Forge.AZURE_DEVOPS, None)
AWS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}


@dataclass
class Door:
    """One forge; `forge` is None for the fake."""

    scm: Scm
    forge: Forge | None
    access: Access

    def repository_query(self, **more: object) -> RepositoryQuery:
        owner = "" if self.forge == Forge.CODECOMMIT else "acme"
        return replace(RepositoryQuery(owner, team_project="platform"), **more)  # type: ignore[arg-type]

    def pull_query(self, repository: str = "web", **more: object) -> PullRequestQuery:
        name = f"acme/{repository}" if self.forge == Forge.GITLAB else repository
        state = "opened" if self.forge == Forge.GITLAB else ""
        return replace(PullRequestQuery("acme", name, "platform", state=state), **more)  # type: ignore[arg-type]

    async def repositories(self, **more: object) -> list[Repository]:
        return list(await self.scm.repositories(self.access, self.repository_query(**more), max_age_seconds=0))

    async def repository(self, name: str) -> Repository:
        return next(one for one in await self.repositories() if one.name == name)

    async def branches(self, name: str, *, every: bool) -> list[Branch]:
        repository = await self.repository(name)
        return list(await self.scm.branches(self.access, repository, every=every, max_age_seconds=0))

    async def pulls(self, **more: object) -> list[PullRequest]:
        return list(await self.scm.pull_requests(self.access, self.pull_query(**more), max_age_seconds=0))


@pytest_asyncio.fixture(params=[*Forge, None], ids=lambda one: str(one or "fake"))
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    forge: Forge | None = request.param
    if forge is None:
        yield Door(FakeScm(example()), None, Access(Forge.GITHUB))
        return
    server = SERVERS[forge](example())
    await server.start()
    scm = Forges(FakeClock(), frozenset(("127.0.0.1",)), AWS, aws_endpoint=lambda service, region: server.url)
    yield Door(scm, forge, Access(forge, "" if forge == Forge.CODECOMMIT else server.url, token="token"))
    await scm.close()
    await server.stop()


def _skip_without_pulls(door: Door) -> None:
    if door.forge == Forge.CODECOMMIT:
        pytest.skip("pull requests of CodeCommit are no generator's")


async def test_all_repositories_come_in_the_forges_order(door: Door) -> None:
    found = await door.repositories()
    assert [one.name for one in found if one.name != "empty"] == ["web", "api", "old", "tool"]
    assert {one.organization for one in found} == {"123456789012" if door.forge == Forge.CODECOMMIT else "acme"}
    assert len({one.id for one in found}) == len(found)


async def test_archived_ones_can_be_left_out(door: Door) -> None:
    if door.forge in HAS_ARCHIVED:
        assert [one.name for one in await door.repositories(archived=False) if one.name != "empty"] == [
            "web",
            "api",
            "tool",
        ]


async def test_labels_are_topics_where_the_forge_has_some(door: Door) -> None:
    assert (await door.repository("web")).labels == (("prod", "k8s") if door.forge in HAS_LABELS else ())


@pytest.mark.parametrize("protocol", ["ssh", "https"])
async def test_the_url_is_of_the_protocol(protocol: str, door: Door) -> None:
    found = next(one for one in await door.repositories(clone_protocol=protocol) if one.name == "web")
    assert "web" in found.url
    assert found.url.startswith("https://") == (protocol == "https")


async def test_the_default_branch_is_given_alone_unless_all_are_asked_for(door: Door) -> None:
    has_commits = door.forge != Forge.CODECOMMIT
    trunk = sha("api/trunk/('deploy/app.yaml', 'Dockerfile')") if has_commits else ""
    assert await door.branches("api", every=False) == [Branch("trunk", trunk)]
    assert [one.name for one in await door.branches("web", every=True)] == ["main", "dev", "feature/x"]
    assert len({one.sha for one in await door.branches("web", every=True)}) == (3 if has_commits else 1)


async def test_an_empty_repository_has_no_branches_or_is_left_out(door: Door) -> None:
    for one in await door.repositories():
        if one.name == "empty":
            for every in (False, True):
                assert not await door.scm.branches(door.access, one, every=every, max_age_seconds=0)


@pytest.mark.parametrize(
    ("name", "path", "is_there"),
    [
        ("web", "deploy/app.yaml", True),
        ("web", "deploy", True),
        ("web", "deploy/app", False),
        ("web", "no/such/folder/file", False),
        ("tool", "deploy", False),
        ("tool", "docs/a.md", True),
        ("tool", "deployer", True),
    ],
)
async def test_files_and_folders_are_there_or_not(name: str, path: str, is_there: bool, door: Door) -> None:
    repository = await door.repository(name)
    branch = next(one for one in await door.branches(name, every=True) if one.name == "main")
    assert await door.scm.has_path(door.access, repository, branch, path, max_age_seconds=0) is is_there


async def test_a_path_is_looked_for_in_its_branch(door: Door) -> None:
    repository = await door.repository("web")
    branches = {one.name: one for one in await door.branches("web", every=True)}
    for name, is_there in (("feature/x", True), ("dev", False)):
        assert await door.scm.has_path(door.access, repository, branches[name], "a/b/c", max_age_seconds=0) is is_there


async def test_open_pull_requests_come_whole(door: Door) -> None:
    _skip_without_pulls(door)
    labels = (("preview", "big"), (), ("preview",)) if door.forge in HAS_PULL_LABELS else ((), (), ())
    assert await door.pulls() == [
        PullRequest(1, "First", "feature/x", "main", "1" * 40, "ann", labels[0]),
        PullRequest(2, "Second", "Fix_It", "release-1", "2" * 40, "bob", labels[1]),
        PullRequest(4, "Third", "third", "main", "4" * 40, "cat", labels[2]),
    ]


async def test_pull_requests_must_have_all_labels(door: Door) -> None:
    if door.forge in HAS_PULL_LABELS:
        assert [one.number for one in await door.pulls(labels=("preview",))] == [1, 4]
        assert [one.number for one in await door.pulls(labels=("preview", "big"))] == [1]


async def test_a_repository_without_pull_requests_has_none(door: Door) -> None:
    _skip_without_pulls(door)
    assert await door.pulls(repository="tool") == []


async def test_what_is_not_there_is_told_as_that_and_nothing_else(door: Door) -> None:
    if door.forge != Forge.CODECOMMIT:  # an account is always there
        with pytest.raises(NotFoundError):
            await door.repositories(owner="nobody")
    if door.forge not in (Forge.CODECOMMIT, Forge.AZURE_DEVOPS):
        with pytest.raises(NotFoundError):
            await door.pulls(repository="nothing")
    if door.forge == Forge.AZURE_DEVOPS:  # asked by project: a repository that is not there has none
        assert await door.pulls(repository="nothing") == []


async def test_an_unknown_clone_protocol_is_refused(door: Door) -> None:
    if door.forge is not None:
        with pytest.raises(DokaSecaError, match=f"unknown clone protocol for {door.forge} 'ftp'"):
            await door.repositories(clone_protocol="ftp")
