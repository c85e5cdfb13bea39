"""What is Bitbucket's own, Cloud and Server."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from aiohttp import web
from tests.fakes.forges.bitbucket_cloud import BitbucketCloudServer
from tests.fakes.forges.bitbucket_server import BitbucketServerServer
from tests.fakes.forges.server import json, not_found
from tests.fakes.forges.world import Pull, Repo, World
from tests.unit.adapters.scm.conftest import TOKEN, Ask

from dokaseca.adapters.scm import bitbucket_cloud, bitbucket_server
from dokaseca.model.errors import NotFoundError, TransientError, UserError
from dokaseca.ports.scm import Forge

BASIC = f"Basic {base64.b64encode(f'ann:{TOKEN}'.encode()).decode()}"


def test_the_api_of_a_server() -> None:
    assert bitbucket_cloud.base("") == "https://api.bitbucket.org/2.0"
    assert bitbucket_cloud.base("https://x.test/2.0") == "https://x.test/2.0"
    assert bitbucket_server.base("https://x.test/bb") == "https://x.test/bb/rest/api/1.0"
    assert bitbucket_server.base("https://x.test/rest") == "https://x.test/rest/api/1.0"


@pytest.mark.parametrize(
    ("server", "forge"),
    [(BitbucketCloudServer, Forge.BITBUCKET), (BitbucketServerServer, Forge.BITBUCKET_SERVER)],
)
@pytest.mark.parametrize(("username", "login"), [("ann", BASIC), ("", f"Bearer {TOKEN}")])
async def test_a_name_makes_it_basic_authentication(
    server: Any, forge: Forge, username: str, login: str, ask: Ask
) -> None:
    asking = await ask(server, forge, username=username)
    asking.server.login = login
    assert (await asking.names())[:2] == ["web", "api"]
    assert [one.number for one in await asking.pulls()] == [1, 2, 4]


# --- Cloud ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["https://evil.test/repositories/acme?page=2", "{url}/user?page=2", "x"])
async def test_a_next_page_elsewhere_is_not_followed(where: str, ask: Ask) -> None:
    asking = await ask(BitbucketCloudServer, Forge.BITBUCKET)
    following = where.format(url=asking.server.url)
    asking.server.trouble = lambda request: json({"values": [], "next": following})
    with pytest.raises(TransientError, match="its next page is elsewhere"):
        await asking.repositories()
    assert len(asking.server.asked) == 1


async def test_a_pull_request_whose_fork_is_gone_is_left_out(ask: Ask) -> None:
    world = World([Repo("web", 1)], {"web": [Pull(1, commit=None), Pull(2)]})
    asking = await ask(BitbucketCloudServer, Forge.BITBUCKET, world=world)
    assert [one.number for one in await asking.pulls()] == [2]


async def test_a_page_without_values_is_no_answer(ask: Ask) -> None:
    asking = await ask(BitbucketCloudServer, Forge.BITBUCKET)
    asking.server.trouble = lambda request: json({"error": "x"})
    with pytest.raises(TransientError, match="a list of objects was expected"):
        await asking.repositories()


# --- Server ---------------------------------------------------------------------------------------------------------


async def test_a_page_that_does_not_say_whether_it_is_the_last_is_no_answer(ask: Ask) -> None:
    asking = await ask(BitbucketServerServer, Forge.BITBUCKET_SERVER)
    asking.server.trouble = lambda request: json({"values": []})
    with pytest.raises(TransientError, match="isLastPage is missing"):
        await asking.repositories()


async def test_only_the_forges_own_word_for_no_branch_means_that_there_is_none(ask: Ask) -> None:
    asking = await ask(BitbucketServerServer, Forge.BITBUCKET_SERVER)
    asking.server.world.repos.append(Repo("moved", 20, {"master": ("x",)}))
    assert await asking.branches("moved") == []
    asking.server.trouble = lambda request: not_found() if request.path.endswith("/default") else None
    with pytest.raises(NotFoundError, match=r"/branches/default: HTTP 404"):
        await asking.branches("web")


async def test_only_the_forges_own_word_for_no_path_means_that_there_is_none(ask: Ask) -> None:
    asking = await ask(BitbucketServerServer, Forge.BITBUCKET_SERVER)
    branch = (await asking.branches("web"))[0]
    asking.server.trouble = lambda request: not_found() if "/browse/" in request.path else None
    with pytest.raises(NotFoundError, match=r"/browse/deploy: HTTP 404"):
        await asking.has_path("web", branch, "deploy")


async def test_a_server_without_ssh_says_so(ask: Ask) -> None:
    asking = await ask(BitbucketServerServer, Forge.BITBUCKET_SERVER)

    def without_ssh(request: web.Request) -> web.Response:
        one = {"id": 1, "slug": "web", "name": "Web", "project": {"key": "ACME"}, "links": {}}
        return json({"values": [one], "isLastPage": True})

    asking.server.trouble = without_ssh
    with pytest.raises(UserError, match="Bitbucket Server: ACME/Web cannot be cloned by ssh"):
        await asking.repositories()
