"""Repositories over HTTP: a server of our own on the loopback interface, with and without a password."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from tests.fakes.repository import Repository, git

from dokaseca.adapters import git_program, process
from dokaseca.adapters.git import GitMirrors
from dokaseca.model.errors import DeniedError, NotFoundError, TransientError

PASSWORD = "s3cr3t/+@"
QUOTED = "s3cr3t%2F%2B%40"


class Server:
    """Serves a folder as static files, which is all that git's plain HTTP protocol needs.

    Attributes:
        login: user and password it wants, empty for none.
        authorizations: what came in that header.
    """

    def __init__(self, folder: Path) -> None:
        self.login = ""
        self.status = 0
        self.authorizations: list[str] = []
        self._folder = folder
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        self.authorizations.append(given)
        if self.status:
            return web.Response(status=self.status)
        if self.login and given != "Basic " + base64.b64encode(self.login.encode()).decode():
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        path = self._folder / request.match_info["path"]
        return web.FileResponse(path) if path.is_file() else web.Response(status=404)

    def url(self, login: str = "") -> str:
        return f"http://{login}{'@' if login else ''}127.0.0.1:{self.port}/repo.git"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path)
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


def publish(repository: Repository) -> None:
    git(repository.path, "update-server-info")


async def test_a_remote_is_probed_fetched_and_read(repository: Repository, server: Server, tmp_path: Path) -> None:
    first = repository.commit({"a": "1"})
    repository.tag("v1", annotated=True)
    publish(repository)
    mirrors = GitMirrors(tmp_path / "mirrors")
    refs = await mirrors.fetch(server.url())
    assert dict(refs.by_name) == {"HEAD": first, "refs/heads/main": first, "refs/tags/v1": first}
    second = repository.commit({"a": "2"})
    publish(repository)
    assert (await mirrors.probe(server.url())).by_name["HEAD"] == second
    assert mirrors.refs_or_none(server.url()) == refs, "a probe moves nothing"
    assert (await mirrors.tree(server.url(), second)).read("a", limit_bytes=9) == b"2"
    assert (await mirrors.tree(server.url(), first)).read("a", limit_bytes=9) == b"1"


async def test_two_spellings_of_one_remote_share_a_mirror(
    repository: Repository, server: Server, tmp_path: Path
) -> None:
    repository.commit({"a": "1"})
    publish(repository)
    mirrors = GitMirrors(tmp_path / "mirrors")
    refs = await mirrors.fetch(server.url())
    assert mirrors.refs_or_none(server.url().removesuffix(".git")) == refs
    assert mirrors.refs_or_none(server.url() + "/") == refs


async def test_credentials_are_sent_and_stand_neither_in_messages_nor_on_command_lines(
    repository: Repository, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = repository.commit({"a": "1"})
    publish(repository)
    server.login = f"ada:{PASSWORD}"
    lines: list[str] = []
    real = process.run

    async def run(argv: list[str], **options: object) -> object:
        lines.append(" ".join(argv))
        return await real(argv, **options)

    monkeypatch.setattr(process, "run", run)
    mirrors = GitMirrors(tmp_path / "mirrors")
    url = server.url(f"ada:{QUOTED}")
    assert (await mirrors.tree(url, sha)).read("a", limit_bytes=9) == b"1"
    assert server.authorizations
    assert lines
    assert not [one for one in lines if "s3cr3t" in one or "ada:" in one or "ada@" in one]
    kept = [one.read_bytes() for one in (tmp_path / "mirrors").rglob("*") if one.is_file()]
    assert not [one for one in kept if b"s3cr3t" in one]


async def test_wrong_and_missing_credentials_are_denied_without_telling_them(
    repository: Repository, server: Server, tmp_path: Path
) -> None:
    repository.commit({"a": "1"})
    publish(repository)
    server.login = f"ada:{PASSWORD}"
    for login in ("", "ada:wr0ng"):
        with pytest.raises(DeniedError, match=r"refused our credentials .*check the repository Secret") as caught:
            await GitMirrors(tmp_path / "mirrors").fetch(server.url(login))
        assert caught.value.reason == "RepositoryDenied"
        assert "wr0ng" not in str(caught.value)
        assert "127.0.0.1" in caught.value.subject


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [(403, DeniedError, "error: 403"), (404, TransientError, "not found"), (500, TransientError, "error: 500")],
)
async def test_status_codes_become_typed_errors(
    status: int, kind: type[Exception], message: str, server: Server, tmp_path: Path
) -> None:
    server.status = status
    with pytest.raises(kind, match=message):
        await GitMirrors(tmp_path / "mirrors").probe(server.url())


async def test_a_remote_that_goes_away_keeps_its_last_good_state(
    repository: Repository, server: Server, tmp_path: Path
) -> None:
    sha = repository.commit({"a": "1"})
    publish(repository)
    mirrors = GitMirrors(tmp_path / "mirrors")
    refs = await mirrors.fetch(server.url())
    server.status = 503
    with pytest.raises(TransientError, match="503"):
        await mirrors.fetch(server.url())
    assert mirrors.refs_or_none(server.url()) == refs
    assert (await mirrors.tree(server.url(), sha)).read("a", limit_bytes=9) == b"1"


async def test_a_commit_that_the_server_lacks_is_absent(repository: Repository, server: Server, tmp_path: Path) -> None:
    repository.commit({"a": "1"})
    publish(repository)
    with pytest.raises(NotFoundError, match="commit 000000000000 is not in the repository"):
        await GitMirrors(tmp_path / "mirrors").tree(server.url(), "0" * 40)


async def test_a_closed_port_is_unreachable_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match=r"cannot be read \(unable to access 'http://127.0.0.1:9/x/'.*tried again"):
        await GitMirrors(tmp_path).probe("http://u:pw@127.0.0.1:9/x")


async def test_a_server_that_does_not_answer_in_time_is_unreachable(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TransientError, match=r"git took longer than 0.001 s and was stopped") as caught:
        await git_program.ask(server.url(), "ls-remote", "--", "{url}", seconds=0.001)
    assert caught.value.reason == "RepositoryUnreachable"
