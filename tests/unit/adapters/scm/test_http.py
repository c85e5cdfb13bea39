"""Connections: what is not connected to, whom we trust, where redirects end."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.fakes.forges.github import GitHubServer
from tests.fakes.forges.server import ForgeServer
from tests.fakes.forges.world import example
from tests.unit.adapters.scm.conftest import TOKEN, Ask, Asking

from dokaseca.adapters.scm import http
from dokaseca.adapters.scm.forges import Forges
from dokaseca.kit import bounds
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import DeniedError, TransientError, UserError
from dokaseca.ports.scm import Access, Forge, RepositoryQuery


class Hanging(ForgeServer):
    """Never answers."""

    async def handle(self, request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError


def _certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context for 127.0.0.1, and the authority that is to be trusted for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "forge")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "pair.pem").write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    return context, pem.decode()


# --- where we do not go ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "127.1"])
async def test_nobody_inside_the_house_is_connected_to(host: str, ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    scm = Forges(FakeClock())
    access = Access(Forge.GITHUB, f"https://{host}:{asking.server.port}", TOKEN)
    with pytest.raises((DeniedError, TransientError), match=r"not connected to|no answer") as caught:
        await scm.repositories(access, RepositoryQuery("acme"), max_age_seconds=0)
    if host != "[::1]" and "0x" not in host and host != "127.1":  # a machine may lack IPv6, and read no short forms
        assert caught.value.reason == "AddressRefused"
    assert asking.server.asked == []
    await scm.close()


async def test_a_name_that_may_be_inside_still_is_no_metadata_service() -> None:
    scm = Forges(FakeClock(), frozenset(("169.254.169.254",)))
    access = Access(Forge.GITHUB, "http://169.254.169.254", TOKEN)
    with pytest.raises(DeniedError, match="a cloud's metadata service") as caught:
        await scm.repositories(access, RepositoryQuery("acme"), max_age_seconds=0)
    assert caught.value.reason == "AddressRefused"
    await scm.close()


async def test_a_proxy_of_the_environment_is_not_asked(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    asking = await ask(GitHubServer, Forge.GITHUB)
    assert len(await asking.names()) == 5


@pytest.mark.parametrize("location", ["https://evil.test/x", "//evil.test/x", "http://127.0.0.1:9/x", "ftp://x"])
async def test_a_redirect_to_another_host_is_not_followed(location: str, ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = lambda request: web.Response(status=302, headers={"Location": location})
    with pytest.raises(UserError, match="which is not followed; correct api") as caught:
        await asking.repositories()
    assert caught.value.reason == "UnsafeRedirect"
    assert len(asking.server.asked) == 1


async def test_a_redirect_on_the_same_server_is_followed(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)

    def moved(request: web.Request) -> web.Response | None:
        if "former" in request.path:
            return web.Response(status=301, headers={"Location": f"/api/v3/orgs/acme/repos?{request.query_string}"})
        return None

    asking.server.trouble = moved
    assert (await asking.names(owner="former"))[0] == "web"


async def test_redirects_end(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    asking.server.trouble = lambda request: web.Response(status=302, headers={"Location": request.path})
    with pytest.raises(TransientError, match="more than 3 redirects"):
        await asking.repositories()
    assert len(asking.server.asked) == 4


# --- no answer ------------------------------------------------------------------------------------------------------


async def test_a_server_that_is_not_there_is_told(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB)
    await asking.server.stop()
    with pytest.raises(TransientError, match=r"no answer \(no connection: .+\); it is tried again") as caught:
        await asking.repositories()
    assert caught.value.reason == "ForgeUnreachable"
    assert TOKEN not in str(caught.value)


async def test_a_name_that_nobody_knows_is_told() -> None:
    scm = Forges(FakeClock())
    with pytest.raises(TransientError, match=r"GitHub https://nowhere\.invalid/.*its host name is not known"):
        await scm.repositories(
            Access(Forge.GITHUB, "https://nowhere.invalid"), RepositoryQuery("acme"), max_age_seconds=0
        )
    await scm.close()


async def test_a_server_that_never_answers_is_given_up(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HTTP_SECONDS", 0.1)
    asking = await ask(Hanging, Forge.GITHUB)
    with pytest.raises(TransientError, match=r"no answer \(not in time\)"):
        await asking.repositories()


async def test_idle_servers_make_room_for_others(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SERVERS", 1)
    first: Asking = await ask(GitHubServer, Forge.GITHUB)
    second = GitHubServer(example())
    await second.start()
    for _ in range(2):
        for url in (first.server.url, second.url):
            found = await first.scm.repositories(Access(Forge.GITHUB, url), RepositoryQuery("acme"), max_age_seconds=0)
            assert len(found) == 5
    await second.stop()


# --- whom we trust --------------------------------------------------------------------------------------------------


async def test_a_certificate_is_trusted_by_its_authority_or_not_at_all(ask: Ask, tmp_path: Path) -> None:
    context, ca_pem = _certificate(tmp_path)
    _, other_pem = _certificate(tmp_path)

    def secure(server: ForgeServer) -> None:
        server.tls = context

    for more in ({"ca_pem": ca_pem}, {"insecure": True}):
        assert len(await (await ask(GitHubServer, Forge.GITHUB, before=secure, **more)).names()) == 5
    for more in ({}, {"ca_pem": other_pem}):
        asking = await ask(GitHubServer, Forge.GITHUB, before=secure, **more)
        with pytest.raises(DeniedError, match="certificate is not trusted; give its authority with caRef") as caught:
            await asking.repositories()
        assert caught.value.reason == "CertificateRefused"
        assert asking.server.asked == []


async def test_an_authority_that_is_none_is_told(ask: Ask) -> None:
    asking = await ask(GitHubServer, Forge.GITHUB, ca_pem="no certificate")
    with pytest.raises(UserError, match="the ConfigMap that caRef names holds no certificates in PEM form"):
        await asking.repositories()
