"""What is Azure DevOps' own: its login page, its errors' names, its clone URLs."""

from __future__ import annotations

import base64

import pytest
from aiohttp import web
from tests.fakes.forges.azure_devops import AzureDevOpsServer
from tests.fakes.forges.server import json
from tests.fakes.forges.world import Pull, Repo, World
from tests.unit.adapters.scm.conftest import TOKEN, Ask

from dokaseca.adapters.scm import azure_devops
from dokaseca.model.errors import DeniedError, NotFoundError, UserError
from dokaseca.ports.scm import Forge


def test_the_api_of_a_server() -> None:
    assert azure_devops.base("") == "https://dev.azure.com"
    assert azure_devops.base("https://tfs.test/DefaultCollection") == "https://tfs.test/DefaultCollection"


async def test_a_token_is_a_password_without_a_name(ask: Ask) -> None:
    asking = await ask(AzureDevOpsServer, Forge.AZURE_DEVOPS)
    asking.server.login = f"Basic {base64.b64encode(f':{TOKEN}'.encode()).decode()}"
    assert await asking.names() == ["web", "api", "old", "tool"]


async def test_its_login_page_is_a_refusal(ask: Ask) -> None:
    asking = await ask(AzureDevOpsServer, Forge.AZURE_DEVOPS)
    asking.server.trouble = lambda request: web.Response(status=203, text="<html>Sign in</html>")
    with pytest.raises(DeniedError, match=r"_apis/git/repositories: HTTP 203: the credentials are refused"):
        await asking.repositories()
    asking.server.trouble = lambda request: web.Response(status=302, headers={"Location": "https://login.test/"})
    with pytest.raises(UserError, match=r"sends us to login\.test, .* some servers send strangers to a login page"):
        await asking.repositories()


async def test_urls_are_https_unless_ssh_is_asked_for(ask: Ask) -> None:
    asking = await ask(AzureDevOpsServer, Forge.AZURE_DEVOPS)
    for protocol, url in (("", "https://git.test/acme/web.git"), ("ssh", "git@git.test:acme/web.git")):
        assert (await asking.repositories(clone_protocol=protocol))[0].url == url


async def test_a_disabled_repository_has_no_branches_and_any_other_error_is_one(ask: Ask) -> None:
    asking = await ask(AzureDevOpsServer, Forge.AZURE_DEVOPS)
    for kind, is_disabled in (("GitRepositoryNotFoundException", True), ("SomethingElseException", False)):
        asking.server.trouble = lambda request, kind=kind: (
            json({"typeKey": kind}, 404) if "/stats/" in request.path else None
        )
        for every in (False, True):
            if is_disabled:
                assert await asking.branches("web", every=every) == []
            else:
                with pytest.raises(NotFoundError, match=r"/stats/branches: HTTP 404"):
                    await asking.branches("web", every=every)


async def test_only_its_own_word_for_no_path_means_that_there_is_none(ask: Ask) -> None:
    asking = await ask(AzureDevOpsServer, Forge.AZURE_DEVOPS)
    branch = (await asking.branches("web"))[0]
    asking.server.trouble = lambda request: json({"typeKey": "Other"}, 404) if "/items" in request.path else None
    with pytest.raises(NotFoundError, match=r"/items: HTTP 404"):
        await asking.has_path("web", branch, "deploy")


async def test_a_pull_request_without_a_commit_is_left_out(ask: Ask) -> None:
    world = World([Repo("web", 1)], {"web": [Pull(1, commit=None), Pull(2), Pull(3, commit=None), Pull(4)]})
    asking = await ask(AzureDevOpsServer, Forge.AZURE_DEVOPS, world=world)
    assert [one.number for one in await asking.pulls()] == [2, 4]


async def test_a_project_that_is_not_there_is_told(ask: Ask) -> None:
    asking = await ask(AzureDevOpsServer, Forge.AZURE_DEVOPS)
    with pytest.raises(NotFoundError, match="HTTP 404 ProjectDoesNotExistWithNameException: not there"):
        await asking.pulls(team_project="nothing")
