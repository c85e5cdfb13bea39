"""How the generators of forges ask: with which login, how often, how old an answer may be, and what a failure means."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from tests.fakes import virtual_time
from tests.fakes.cluster import FakeCluster
from tests.fakes.forges.world import Pull, Repo, World, example
from tests.fakes.generate_tree import FilesGit
from tests.fakes.scm import FakeScm

from dokaseca.generate import expand
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.expansion import Expansion
from dokaseca.generate.forge_inputs import ForgeInputs
from dokaseca.generate.generators.context import Inputs
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError, TransientError, UserError, WaitingError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.ports.scm import Access, Branch, Forge, GitHubApp, PullRequestQuery, Repository, RepositoryQuery

KINDS = [GroupVersionKind("", "v1", "Secret"), GroupVersionKind("", "v1", "ConfigMap")]
GITHUB = {"organization": "acme"}
TOKEN_REF = {"secretName": "token", "key": "t"}


def hub() -> FakeCluster:
    """Holds a Secret `token`, an app and a ConfigMap `ca`."""
    found = FakeCluster(KINDS)
    app = {"githubAppID": "4711", "githubAppInstallationID": "815", "githubAppPrivateKey": "pem"}
    for kind, name, data in (
        ("Secret", "token", _encoded({"t": "s3cret"})),
        ("Secret", "app", _encoded(app)),
        ("ConfigMap", "ca", {"pem": "PEM"}),
    ):
        metadata = {"name": name, "namespace": "argocd"}
        found.objects[ObjectKey("", kind, "argocd", name)] = {
            "apiVersion": "v1",
            "kind": kind,
            "metadata": metadata,
            "data": data,
        }
    return found


def _encoded(data: dict[str, str]) -> dict[str, str]:
    return {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}


def application_set(*generators: dict[str, Any], name: str = "{{repository}}-{{branch}}", **annotations: str) -> Any:
    return {
        "metadata": {"name": "set", "namespace": "argocd", "annotations": annotations},
        "spec": {
            "generators": list(generators),
            "template": {"metadata": {"name": name}, "spec": {"project": "default"}},
        },
    }


async def generate(scm: Any, *generators: dict[str, Any], at: float = 0.0, **more: Any) -> Expansion:
    clock = FakeClock(elapsed_seconds=at)
    inputs = Inputs((), FilesGit({}).tree, clock, forges=ForgeInputs(scm, hub().get))
    return await expand.expand(application_set(*generators, **more), inputs)


def names(expansion: Expansion) -> list[str]:
    return [manifests.name(one) for one in expansion.applications]


# --- who asks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "access"),
    [
        ("github", {**GITHUB, "tokenRef": TOKEN_REF}, Access(Forge.GITHUB, token="s3cret")),
        ("github", {**GITHUB, "api": "https://g.test/"}, Access(Forge.GITHUB, "https://g.test/")),
        (
            "github",
            {**GITHUB, "appSecretName": "app", "tokenRef": TOKEN_REF},
            Access(Forge.GITHUB, app=GitHubApp("4711", "815", "pem")),
        ),
        (
            "gitlab",
            {"group": "acme", "insecure": True, "caRef": {"configMapName": "ca", "key": "pem"}, "tokenRef": TOKEN_REF},
            Access(Forge.GITLAB, token="s3cret", ca_pem="PEM", insecure=True),
        ),
        (
            "gitea",
            {"owner": "acme", "api": "https://g.test", "insecure": True},
            Access(Forge.GITEA, "https://g.test", insecure=True),
        ),
        (
            "bitbucketServer",
            {
                "project": "acme",
                "api": "https://g.test",
                "basicAuth": {"username": "ann", "passwordRef": TOKEN_REF},
                "bearerToken": {"tokenRef": TOKEN_REF},
            },
            Access(Forge.BITBUCKET_SERVER, "https://g.test", token="s3cret"),
        ),
        (
            "bitbucketServer",
            {"project": "acme", "api": "https://g.test", "basicAuth": {"username": "ann", "passwordRef": TOKEN_REF}},
            Access(Forge.BITBUCKET_SERVER, "https://g.test", token="s3cret", username="ann"),
        ),
        (
            "azureDevOps",
            {"organization": "acme", "teamProject": "p", "accessTokenRef": TOKEN_REF},
            Access(Forge.AZURE_DEVOPS, token="s3cret"),
        ),
        (
            "bitbucket",
            {"owner": "acme", "user": "ann", "appPasswordRef": TOKEN_REF},
            Access(Forge.BITBUCKET, token="s3cret", username="ann"),
        ),
        (
            "awsCodeCommit",
            {"region": "eu-west-1", "role": "arn:aws:iam::1:role/x"},
            Access(Forge.CODECOMMIT, region="eu-west-1", role="arn:aws:iam::1:role/x"),
        ),
    ],
)
async def test_the_fields_of_a_provider_become_a_login(name: str, fields: dict[str, Any], access: Access) -> None:
    scm = FakeScm(example())
    await generate(scm, {"scmProvider": {name: fields}})
    assert set(scm.accesses) == {access}


@pytest.mark.parametrize(
    ("name", "fields", "query"),
    [
        ("github", GITHUB, RepositoryQuery("acme")),
        ("github", {**GITHUB, "excludeArchivedRepos": True}, RepositoryQuery("acme", archived=False)),
        ("gitlab", {"group": "acme"}, RepositoryQuery("acme", archived=False)),
        (
            "gitlab",
            {"group": "acme", "includeSubgroups": True, "includeSharedProjects": False, "topic": "t"},
            RepositoryQuery("acme", archived=False, subgroups=True, shared=False, topic="t"),
        ),
        (
            "azureDevOps",
            {"organization": "acme", "teamProject": "p", "accessTokenRef": TOKEN_REF},
            RepositoryQuery("acme", team_project="p"),
        ),
        (
            "awsCodeCommit",
            {"tagFilters": [{"key": "a", "value": "1"}, {"key": "b"}]},
            RepositoryQuery("", tags=(("a", "1"), ("b", ""))),
        ),
    ],
)
async def test_the_fields_of_a_provider_become_a_question(
    name: str, fields: dict[str, Any], query: RepositoryQuery
) -> None:
    scm = FakeScm(example())
    await generate(scm, {"scmProvider": {name: fields}})
    assert scm.queries == [query]


async def test_a_pull_request_question_names_its_repository() -> None:
    scm = FakeScm(example())
    azure = {"organization": "acme", "project": "p", "repo": "web", "tokenRef": TOKEN_REF, "labels": ["preview"]}
    await generate(scm, {"pullRequest": {"azuredevops": azure}}, name="pr-{{number}}")
    await generate(scm, {"pullRequest": {"gitlab": {"project": "acme/web"}}}, name="pr-{{number}}")
    await generate(scm, {"pullRequest": {"bitbucketServer": {"project": "K", "repo": "web", "api": "https://g.test"}}})
    assert scm.queries == [
        PullRequestQuery("acme", "web", "p", labels=("preview",)),
        PullRequestQuery("", "acme/web"),
        PullRequestQuery("K", "web"),
    ]


# --- how often ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "interval", "age", "requeue"),
    [(0, None, 0, 1800), (100, None, 100, 1700), (1900, None, 100, 1700), (100, 60, 40, 20), (100, 100, 0, 100)],
)
async def test_who_polls_at_an_interval_polls_when_all_do(at: float, interval: int, age: float, requeue: float) -> None:
    for generator in (
        {"scmProvider": {"github": GITHUB, "requeueAfterSeconds": interval}},
        {"pullRequest": {"github": {"owner": "acme", "repo": "web"}, "requeueAfterSeconds": interval}},
    ):
        scm = FakeScm(example())
        found = await generate(scm, generator, at=at, name="x")
        assert (set(scm.ages), found.requeue_after_seconds) == ({age}, requeue)


async def test_a_refresh_wants_a_new_answer() -> None:
    scm = FakeScm(example())
    await generate(scm, {"scmProvider": {"github": GITHUB}}, at=100, **{application_sets.REFRESH_ANNOTATION: "true"})
    assert set(scm.ages) == {0.0}


async def test_branches_are_asked_only_of_repositories_that_can_pass() -> None:
    scm = FakeScm(example())
    filters = [{"repositoryMatch": "^web$", "pathsExist": ["deploy"]}, {"labelMatch": "^prod$", "branchMatch": "trunk"}]
    found = await generate(scm, {"scmProvider": {"github": {**GITHUB, "allBranches": True}, "filters": filters}})
    assert names(found) == ["web-main", "api-trunk"]
    assert sorted(scm.listed) == ["api", "old", "web"], "tool has neither the name nor the label"
    assert {one[0] for one in scm.paths} == {"web"}, "the path is the last condition to be looked at"


async def test_paths_are_asked_one_after_another_until_one_decides() -> None:
    scm = FakeScm(example())
    filters = [{"pathsExist": ["nothing", "deploy"]}, {"repositoryMatch": "^api$", "pathsDoNotExist": ["deploy", "x"]}]
    await generate(scm, {"scmProvider": {"github": GITHUB, "filters": filters}})
    assert [path for name, _, path in scm.paths if name == "api"] == ["nothing", "deploy"]


async def test_no_more_than_eight_questions_are_under_way_and_the_order_stays() -> None:
    class Slow(FakeScm):
        under_way = most = 0

        async def branches(self, *args: Any, **more: Any) -> list[Branch]:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            for _ in range(len(self.listed) % 5):
                await asyncio.sleep(0)
            self.under_way -= 1
            return await super().branches(*args, **more)

    scm = Slow(World([Repo(f"r{number}", number) for number in range(50)]))
    found = await generate(scm, {"scmProvider": {"github": GITHUB}})
    assert names(found) == [f"r{number}-main" for number in range(50)]
    assert scm.most == 8


# --- what fails -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["scmProvider", "pullRequest"])
async def test_a_failure_is_told_as_it_is_and_generates_nothing(kind: str) -> None:
    scm = FakeScm(example())
    scm.failure = WaitingError("the rate limit is reached", retry_after_seconds=120)
    provider = {"github": GITHUB if kind == "scmProvider" else {"owner": "acme", "repo": "web"}}
    with pytest.raises(GenerationError, match="the rate limit is reached") as caught:
        await generate(scm, {"list": {"elements": [{"repository": "a", "branch": "b"}]}}, {kind: provider})
    assert caught.value.cause is scm.failure


async def test_one_branch_list_that_fails_fails_all() -> None:
    class Broken(FakeScm):
        async def branches(self, access: Access, repository: Repository, **more: Any) -> list[Branch]:
            if repository.name == "tool":
                raise TransientError("HTTP 502")
            return await super().branches(access, repository, **more)

    with pytest.raises(GenerationError, match="HTTP 502") as caught:
        await generate(Broken(example()), {"scmProvider": {"github": GITHUB}})
    assert isinstance(caught.value.cause, TransientError)


async def test_a_path_that_cannot_be_looked_at_fails_all() -> None:
    class Broken(FakeScm):
        async def has_path(self, *args: Any, **more: Any) -> bool:
            raise NotFoundError("HTTP 404")

    with pytest.raises(GenerationError, match="HTTP 404"):
        await generate(Broken(example()), {"scmProvider": {"github": GITHUB, "filters": [{"pathsExist": ["x"]}]}})


def test_a_forge_that_takes_forever_is_given_up() -> None:
    class Endless(FakeScm):
        async def branches(self, *args: Any, **more: Any) -> list[Branch]:
            await asyncio.Event().wait()
            raise AssertionError

    async def scenario() -> None:
        started = asyncio.get_running_loop().time()
        with pytest.raises(GenerationError, match="GitHub did not answer everything within 900 s; it is tried again"):
            await generate(Endless(example()), {"scmProvider": {"github": GITHUB}})
        assert asyncio.get_running_loop().time() - started == pytest.approx(900)

    virtual_time.run(scenario())


async def test_a_repository_that_is_gone_may_be_passed_over_but_no_other_failure() -> None:
    scm = FakeScm(World([Repo("web", 1)], {"web": [Pull(1)]}))
    spec = {"github": {"owner": "acme", "repo": "web"}, "continueOnRepoNotFoundError": True}
    scm.failure = NotFoundError("gone")
    assert names(await generate(scm, {"pullRequest": spec}, name="pr-{{number}}")) == []
    for failure in (TransientError("down"), UserError("wrong")):
        scm.failure = failure
        with pytest.raises(GenerationError) as caught:
            await generate(scm, {"pullRequest": spec}, name="pr-{{number}}")
        assert caught.value.cause is failure


async def test_a_secret_does_not_show_in_a_message() -> None:
    scm = FakeScm(example())
    fields = {**GITHUB, "tokenRef": TOKEN_REF, "api": "https://g.test"}
    await generate(scm, {"scmProvider": {"github": fields}})
    assert "s3cret" not in repr(scm.accesses)
