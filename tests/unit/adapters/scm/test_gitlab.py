"""What is GitLab's own: subgroups, shared projects, topics, states."""

from __future__ import annotations

import pytest
from tests.fakes.forges.gitlab import GitLabServer
from tests.fakes.forges.server import not_found
from tests.fakes.forges.world import Pull, Repo, World
from tests.unit.adapters.scm.conftest import TOKEN, Ask

from dokaseca.adapters.scm import gitlab
from dokaseca.model.errors import NotFoundError, TransientError
from dokaseca.ports.scm import Forge

WORLD = World(
    [
        Repo("one", 1),
        Repo("below", 2, group="acme/team", labels=("special",)),
        Repo("lent", 3, shared=True),
        Repo("old", 4, archived=True),
        Repo("empty", 5, {}),
    ],
    {"one": [Pull(1, labels=("a", "b")), Pull(2, state="closed"), Pull(3, state="merged", commit=None), Pull(4)]},
)


@pytest.mark.parametrize(
    ("api", "base"),
    [
        ("", "https://gitlab.com/api/v4"),
        ("https://git.test/gitlab", "https://git.test/gitlab/api/v4"),
        ("https://git.test/api/v4", "https://git.test/api/v4"),
    ],
)
def test_the_api_of_a_server(api: str, base: str) -> None:
    assert gitlab.base(api) == base


async def test_the_query_decides_which_projects_count(ask: Ask) -> None:
    asking = await ask(GitLabServer, Forge.GITLAB, world=WORLD)
    asking.server.login = TOKEN
    assert await asking.names(archived=False) == ["one", "lent"]
    assert await asking.names(archived=False, shared=False) == ["one"]
    assert await asking.names(archived=True, shared=False) == ["one", "old"]
    assert await asking.names(archived=False, subgroups=True) == ["one", "below", "lent"]
    assert await asking.names(archived=False, subgroups=True, topic="special") == ["below"]
    assert await asking.names(owner="acme/team", archived=False, shared=False) == ["one"]
    below = next(one for one in await asking.repositories(subgroups=True) if one.name == "below")
    assert (below.organization, below.labels) == ("acme/team", ("special",))


def test_topics_of_old_servers_are_tags() -> None:
    project = {
        "id": 1,
        "path": "web",
        "namespace": {"full_path": "acme"},
        "default_branch": "main",
        "topics": [],
        "tag_list": ["x"],
    }
    assert gitlab._listed([project])[0].labels == ("x",)


@pytest.mark.parametrize(("state", "numbers"), [("", [1, 2, 4]), ("opened", [1, 4]), ("closed", [2])])
async def test_merge_requests_of_a_state(state: str, numbers: list[int], ask: Ask) -> None:
    asking = await ask(GitLabServer, Forge.GITLAB, world=WORLD)
    for project in ("acme/one", "1"):
        assert [one.number for one in await asking.pulls(project, state=state)] == numbers
    assert [one.number for one in await asking.pulls("1", labels=("a", "b"))] == [1]


async def test_an_open_merge_request_whose_commits_are_being_read_is_waited_for(ask: Ask) -> None:
    asking = await ask(GitLabServer, Forge.GITLAB, world=World([Repo("web", 1)], {"web": [Pull(7, commit=None)]}))
    with pytest.raises(TransientError, match="merge request 7 has no sha yet"):
        await asking.pulls("acme/web")


async def test_branches_that_may_not_be_read_are_no_empty_repository(ask: Ask) -> None:
    asking = await ask(GitLabServer, Forge.GITLAB)
    asking.server.trouble = lambda request: not_found() if "/branches" in request.path else None
    with pytest.raises(NotFoundError, match="the branches of acme/web cannot be read"):
        await asking.branches("web")
    asking.server.trouble = lambda request: None
    asking.server.world.repos.append(Repo("moved", 20, {"master": ("x",)}))
    assert await asking.branches("moved") == []
