"""What is Gitea's own: pages without links, labels by another request."""

from __future__ import annotations

import pytest
from tests.fakes.forges.gitea import GiteaServer
from tests.fakes.forges.server import not_found
from tests.fakes.forges.world import Repo
from tests.unit.adapters.scm.conftest import TOKEN, Ask

from dokaseca.adapters.scm import gitea
from dokaseca.model.errors import DokaSecaError, NotFoundError
from dokaseca.ports.scm import Forge


def test_the_api_of_a_server() -> None:
    assert gitea.base("https://git.test") == "https://git.test/api/v1"
    assert gitea.base("https://git.test/api/v1") == "https://git.test/api/v1"


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("tells_total", [True, False])
async def test_all_pages_are_read_whatever_the_server_tells(has_links: bool, tells_total: bool, ask: Ask) -> None:
    asking = await ask(GiteaServer, Forge.GITEA)
    asking.server.login = f"token {TOKEN}"
    asking.server.has_links, asking.server.tells_total = has_links, tells_total
    assert await asking.names() == ["web", "api", "old", "tool"]
    assert [one.number for one in await asking.pulls()] == [1, 2, 4]


async def test_an_empty_repository_does_not_fail_the_others(ask: Ask) -> None:
    asking = await ask(GiteaServer, Forge.GITEA)
    assert "empty" not in await asking.names()


async def test_a_default_branch_that_is_not_there_is_an_error(ask: Ask) -> None:
    asking = await ask(GiteaServer, Forge.GITEA)
    asking.server.trouble = lambda request: not_found() if "/branches/" in request.path else None
    with pytest.raises(NotFoundError, match=r"/branches/main: HTTP 404"):
        await asking.branches("web")


async def test_labels_that_cannot_be_read_fail_the_list(ask: Ask) -> None:
    asking = await ask(GiteaServer, Forge.GITEA)
    asking.server.trouble = lambda request: not_found() if request.path.endswith("tool/labels") else None
    with pytest.raises(DokaSecaError, match=r"/repos/acme/tool/labels: HTTP 404"):
        await asking.repositories()


async def test_the_owner_is_named_as_it_was_asked_for(ask: Ask) -> None:
    asking = await ask(GiteaServer, Forge.GITEA)
    found = await asking.repositories()
    assert {one.organization for one in found} == {"acme"}
    assert found[0].url == "git@git.test:acme/web.git"
    assert (await asking.repositories(clone_protocol="https"))[0].url == "https://git.test/acme/web"


async def test_an_unchanged_page_may_have_got_a_successor(ask: Ask) -> None:
    asking = await ask(GiteaServer, Forge.GITEA)
    asking.server.has_etags, asking.server.links_when_unchanged, asking.server.page = True, False, 4
    asking.server.world.repos = [Repo(f"r{number}", number) for number in range(4)]
    assert len(await asking.names()) == 4
    asking.server.world.repos.append(Repo("r4", 4))
    assert (await asking.names())[-1] == "r4"
