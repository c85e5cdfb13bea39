"""What is GitHub's own: Enterprise URLs, repositories that cannot be read, apps."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from tests.fakes.forges.github import GitHubServer
from tests.fakes.forges.server import json, not_found
from tests.fakes.forges.world import Pull, Repo, World
from tests.unit.adapters.scm.conftest import Ask

from dokaseca.adapters.scm import github
from dokaseca.model.errors import DeniedError, NotFoundError, TransientError, UserError
from dokaseca.ports.scm import Forge, GitHubApp

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()


@pytest.mark.parametrize(
    ("api", "base"),
    [
        ("", "https://api.github.com"),
        ("https://git.test", "https://git.test/api/v3"),
        ("https://git.test/api/v3", "https://git.test/api/v3"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://acme.api.test", "https://acme.api.test"),
    ],
)
def test_the_api_of_a_server(api: str, base: str) -> None:
    assert github.base(api) == base


async def test_a_default_branch_that_is_not_there_is_no_error(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.world.repos.append(Repo("moved", 20, {"master": ("x",)}))
    assert await asking.branches("moved") == []


async def test_branches_that_may_not_be_read_are_no_empty_repository(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = lambda request: not_found() if "/branches" in request.path else None
    for every in (False, True):
        with pytest.raises(NotFoundError, match=r"cannot be read; check what the token may|HTTP 404"):
            await asking.branches("web", every=every)


async def test_a_branch_with_a_slash_is_found(ask: Ask) -> None:
    world = World([Repo("web", 1, {"release/1.0": ("x",)}, default="release/1.0")])
    asking = await ask(GitHubServer, Forge.GITHUB, world=world)
    assert [one.name for one in await asking.branches("web")] == ["release/1.0"]


async def test_a_deleted_users_pull_request_has_no_author(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB, world=World([Repo("web", 1)], {"web": [Pull(1, author="")]}))
    assert [one.author for one in await asking.pulls()] == [""]


async def test_a_pull_request_without_a_commit_is_no_answer(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB, world=World([Repo("web", 1)], {"web": [Pull(1, commit=None)]}))
    with pytest.raises(TransientError, match=r"head\.sha must be a text"):
        await asking.pulls()


async def test_a_repository_that_cannot_be_cloned_that_way_is_told(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = lambda request: json(
        [{"id": 1, "name": "web", "owner": {"login": "acme"}, "default_branch": "main", "ssh_url": ""}]
    )
    with pytest.raises(UserError, match="GitHub: acme/web cannot be cloned by ssh; set cloneProtocol") as caught:
        await asking.repositories()
    assert caught.value.reason == "NoCloneURL"


# --- apps -----------------------------------------------------------------------------------------------------------


def _claim(header: str) -> dict[str, Any]:
    """What a signed claim says, once its signature has been checked."""
    text, _, signature = header.removeprefix("Bearer ").rpartition(".")
    KEY.public_key().verify(_decoded(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert orjson.loads(_decoded(text.split(".")[0])) == {"alg": "RS256", "typ": "JWT"}
    found: dict[str, Any] = orjson.loads(_decoded(text.split(".")[1]))
    return found


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_an_app_signs_a_claim_and_asks_with_the_token_that_it_is_given(ask: Ask) -> None:
    app = GitHubApp("4711", "815", PEM)
    asking = await ask(GitHubServer, Forge.GITHUB, app=app, token="")
    assert "PRIVATE" not in repr(asking.access)
    assert (await asking.names())[0] == "web"
    assert asking.server.asked[0] == "/api/v3/app/installations/815/access_tokens"
    now = int(asking.clock.now().timestamp())
    assert _claim(asking.server.headers[0]["Authorization"]) == {"iss": "4711", "iat": now - 60, "exp": now + 540}
    assert {one["Authorization"] for one in asking.server.headers[1:]} == {"Bearer installation-token"}
    asking.clock.advance(49 * 60)
    await asking.repositories()
    assert sum("access_tokens" in one for one in asking.server.asked) == 1
    asking.clock.advance(60)
    await asking.repositories()
    assert sum("access_tokens" in one for one in asking.server.asked) == 2, "before the hour is over"


async def test_an_app_that_is_not_installed_is_told(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB, app=GitHubApp("4711", "815", PEM), token="")
    asking.server.trouble = lambda request: web.Response(status=401) if "access_tokens" in request.path else None
    with pytest.raises(DeniedError, match=r"access_tokens: HTTP 401: the credentials are refused"):
        await asking.repositories()


@pytest.mark.parametrize("kind", ["text", "cut", "elliptic"])
async def test_a_key_that_is_none_is_told_and_not_shown(kind: str, ask: Ask) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = {"text": "not a key at all", "cut": PEM[:200], "elliptic": elliptic.decode()}[kind]
    asking = await ask(GitHubServer, Forge.GITHUB, app=GitHubApp("4711", "815", key), token="")
    with pytest.raises(UserError, match="githubAppPrivateKey is no RSA key in PEM form") as caught:
        await asking.repositories()
    assert caught.value.reason == "InvalidCredentials"
    assert key[30:60] not in str(caught.value) or kind == "text"
    assert asking.server.asked == []
