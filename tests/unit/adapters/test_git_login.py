"""Credentials of a Secret on their way to a server: of our own, over HTTP and TLS."""

from __future__ import annotations

import base64
import datetime
import ssl
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fakes.repository import Repository, git

from dokaseca.adapters import git_login, process
from dokaseca.adapters.git import GitMirrors
from dokaseca.flow.source.access import Access
from dokaseca.model.errors import DeniedError, TransientError, UserError

PEM_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n"


def basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


class Server:
    """Static files behind a login; git's plain HTTP protocol needs no more.

    Attributes:
        wants: the Authorization header it lets in; empty for everybody.
        leads_to: where it sends everybody instead.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wants = ""
        self.leads_to = ""
        self.seen: list[str] = []
        self.port = 0
        self.scheme = "http"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.headers.get("Authorization", ""))
        if self.leads_to:
            raise web.HTTPFound(f"{self.leads_to}{request.rel_url}")
        if self.wants and self.seen[-1] != self.wants:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        path = self.folder / request.match_info["path"]
        return web.FileResponse(path) if path.is_file() else web.Response(status=404)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/repo.git"


Start = Callable[..., Awaitable[Server]]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    runners: list[web.AppRunner] = []

    async def started(tls: ssl.SSLContext | None = None) -> Server:
        server = Server(tmp_path)
        app = web.Application()
        app.router.add_get("/{path:.*}", server.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        server.port, server.scheme = runner.addresses[0][1], "https" if tls else "http"
        return server

    yield started
    for one in runners:
        await one.cleanup()


@pytest.fixture
def sha(tmp_path: Path) -> str:
    repository = Repository(tmp_path)
    made = repository.commit({"a": "1"})
    git(repository.path, "update-server-info")
    return made


def mirrors(folder: Path, access: Access) -> GitMirrors:
    async def find(_url: str, _scope: str) -> Access:
        return access

    return GitMirrors(folder / "mirrors", find)


@pytest.mark.parametrize(
    ("access", "wanted"),
    [
        (Access(username="ada", password="s3cr3t=&'\"$(x)"), basic("ada:s3cr3t=&'\"$(x)")),
        (Access(password="t0ken"), basic("git:t0ken")),
        (Access(username="ada", password="s3cr3t", force_basic=True), basic("ada:s3cr3t")),
        (Access(bearer_token="t0ken"), "Bearer t0ken"),
    ],
)
async def test_a_login_reaches_its_server_and_no_command_line(
    access: Access, wanted: str, start: Start, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await start()
    server.wants = wanted
    lines: list[str] = []
    real = process.run

    async def run(argv: list[str], **options: object) -> object:
        lines.append(" ".join(argv))
        return await real(argv, **options)

    monkeypatch.setattr(process, "run", run)
    tree = await mirrors(tmp_path, access).tree(server.url, sha)
    assert tree.read("a", limit_bytes=9) == b"1"
    assert lines
    assert not [one for one in lines if "s3cr3t" in one or "t0ken" in one]
    kept = [one.read_bytes() for one in (tmp_path / "mirrors").rglob("*") if one.is_file()]
    assert not [one for one in kept if b"s3cr3t" in one or b"t0ken" in one]


async def test_a_forced_login_is_sent_before_it_is_asked_for(start: Start, sha: str, tmp_path: Path) -> None:
    server = await start()
    await mirrors(tmp_path, Access(username="ada", password="x", force_basic=True)).probe(server.url)
    assert set(server.seen) == {basic("ada:x")}
    server.seen.clear()
    await mirrors(tmp_path, Access(username="ada", password="x")).probe(server.url)
    assert set(server.seen) == {""}, "nobody asked"


@pytest.mark.parametrize(
    "access",
    [
        Access(username="ada", password="s3cr3t"),
        Access(username="ada", password="s3cr3t", force_basic=True),
        Access(bearer_token="s3cr3t"),
    ],
)
async def test_a_redirect_to_another_server_takes_no_login_along(
    access: Access, start: Start, sha: str, tmp_path: Path
) -> None:
    ours, theirs = await start(), await start()
    ours.leads_to = f"http://127.0.0.1:{theirs.port}"
    theirs.wants = "Basic never"
    with pytest.raises((DeniedError, TransientError)) as caught:
        await mirrors(tmp_path, access).probe(ours.url)
    assert ours.seen
    assert not [one for one in theirs.seen if one]
    assert "s3cr3t" not in str(caught.value)


async def test_a_wrong_login_is_denied_and_not_told(start: Start, sha: str, tmp_path: Path) -> None:
    server = await start()
    server.wants = basic("ada:right")
    with pytest.raises(DeniedError, match="check the repository Secret") as caught:
        await mirrors(tmp_path, Access(username="ada", password="wr0ng")).fetch(server.url)
    assert "wr0ng" not in str(caught.value)


async def test_a_login_that_could_name_another_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds a line break"):
        await mirrors(tmp_path, Access()).probe("https://ada:x%0Ahost=evil@git.example.com/x")


async def test_projects_do_not_share_what_was_read_with_their_own_credentials(
    start: Start, sha: str, tmp_path: Path
) -> None:
    server = await start()
    server.wants = basic("blue:x")

    async def find(_url: str, scope: str) -> Access:
        return Access(username=scope, password="x") if scope else Access()

    found = GitMirrors(tmp_path / "mirrors", find)
    assert (await found.tree(server.url, sha, "blue")).commit.sha == sha
    assert found.refs_or_none(server.url) is None
    with pytest.raises(DeniedError):
        await found.tree(server.url, sha)
    with pytest.raises(DeniedError):
        await found.tree(server.url, sha, "red")


# --- TLS ---


class Authority:
    """Signs certificates."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
        self.certificate = self._signed(self._name, self._key.public_key(), is_authority=True)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, name: str) -> tuple[str, str]:
        """A certificate for 127.0.0.1 and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        certificate = self._signed(subject, key.public_key(), is_authority=False)
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, is_authority: bool) -> x509.Certificate:
        import ipaddress

        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
        )
        return builder.sign(self._key, hashes.SHA256())


def tls(authority: Authority, folder: Path, *, wants_client: bool = False) -> ssl.SSLContext:
    certificate, key = authority.issue("server")
    (folder / "server.pem").write_text(certificate + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    if wants_client:
        context.load_verify_locations(cadata=authority.pem)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_a_certificate_is_believed_by_its_authority_or_not_at_all(start: Start, sha: str, tmp_path: Path) -> None:
    authority = Authority()
    server = await start(tls(authority, tmp_path))
    for access in (Access(ca_pem=authority.pem), Access(insecure=True)):
        assert (await mirrors(tmp_path, access).probe(server.url)).by_name["HEAD"] == sha
    for access in (Access(), Access(ca_pem=Authority().pem)):
        with pytest.raises(TransientError, match="certificate"):
            await mirrors(tmp_path, access).probe(server.url)


async def test_a_client_certificate_lets_us_in(start: Start, sha: str, tmp_path: Path) -> None:
    authority = Authority()
    server = await start(tls(authority, tmp_path, wants_client=True))
    certificate, key = authority.issue("us")
    access = Access(ca_pem=authority.pem, tls_cert=certificate, tls_key=key)
    assert (await mirrors(tmp_path, access).tree(server.url, sha)).read("a", limit_bytes=9) == b"1"
    with pytest.raises(TransientError):
        await mirrors(tmp_path, Access(ca_pem=authority.pem)).probe(server.url)


# --- SSH: what ssh is told; no server is needed for that ---


def test_a_key_lies_in_a_file_of_ours_alone_and_goes_away() -> None:
    access = Access(ssh_private_key=PEM_KEY, known_hosts="h ssh-ed25519 A\n")
    with git_login.prepared("git@h:a/b.git", access) as login:
        words = login.environment["GIT_SSH_COMMAND"].split()
        key = Path(words[words.index("-i") + 1])
        assert key.read_text() == PEM_KEY
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
        known = next(one for one in words if one.startswith("-oUserKnownHostsFile="))
        assert Path(known.partition("=")[2]).read_text() == "h ssh-ed25519 A\n"
        assert "-oStrictHostKeyChecking=yes" in words
        assert "-oGlobalKnownHostsFile=/dev/null" in words
        assert "-oIdentitiesOnly=yes" in words
    assert not key.parent.exists()


@pytest.mark.parametrize(("insecure", "strict"), [(False, "yes"), (True, "no")])
def test_host_keys_are_checked_unless_the_secret_says_otherwise(insecure: bool, strict: str) -> None:
    with git_login.prepared("ssh://git@h/a", Access(insecure=insecure)) as login:
        assert f"-oStrictHostKeyChecking={strict}" in login.environment["GIT_SSH_COMMAND"]


def test_a_proxy_for_ssh_is_refused() -> None:
    with (
        pytest.raises(UserError, match="a proxy for SSH is not supported"),
        git_login.prepared("git@h:a", Access(proxy="http://p:1")),
    ):
        pass


def test_a_folder_of_this_machine_needs_no_login() -> None:
    for url in ("/srv/repo", "file:///srv/repo"):
        with git_login.prepared(url, Access(username="ada", password="x")) as login:
            assert (login.url, login.environment) == (url, {})


def test_a_proxy_is_told_by_the_environment() -> None:
    with git_login.prepared("https://h/a", Access(proxy="http://u:s3cr3t@p:1", no_proxy="x")) as login:
        assert login.environment["GIT_CONFIG_KEY_0"] == "http.proxy"
        assert login.environment["GIT_CONFIG_VALUE_0"] == "http://u:s3cr3t@p:1"
        assert login.environment["no_proxy"] == "x"


@pytest.mark.parametrize(
    "said",
    [b"Host key verification failed.\r\nfatal: Could not read", b"@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!"],
)
async def test_an_unknown_host_key_says_where_to_put_it(
    said: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(_argv: list[str], **_options: object) -> process.Completed:
        return process.Completed(128, b"", said)

    monkeypatch.setattr(process, "run", run)
    with pytest.raises(DeniedError, match="add its line to ssh_known_hosts in the ConfigMap") as caught:
        await mirrors(tmp_path, Access()).probe("git@git.example.com:team/app.git")
    assert caught.value.reason == "HostKeyUnknown"
