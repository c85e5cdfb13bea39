"""Writing over HTTP with a password and over SSH with a key: git's own servers behind a gate of the test's."""

from __future__ import annotations

import asyncio
import base64
import os
import shlex
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from tests.fakes.repository import Repository, git

from dokaseca.adapters.git_write import GitWriters
from dokaseca.flow.source.access import Access
from dokaseca.model.errors import DeniedError
from dokaseca.ports.git_write import Author, Branch, Edit, Note

WHO = Author("Ada", "ada@example.com")
PASSWORD = "s3cr3t/+@"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n"


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC)

    def monotonic_seconds(self) -> float:
        return 0.0


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.commit({"a": "1"})
    git(made.path, "config", "http.receivepack", "true")
    return made


@pytest_asyncio.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """The repository behind `git http-backend`, for whoever knows the password."""
    wanted = "Basic " + base64.b64encode(f"ada:{PASSWORD}".encode()).decode()

    async def handle(request: web.Request) -> web.Response:
        if request.headers.get("Authorization", "") != wanted:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        status, headers, body = await asyncio.to_thread(_backend, tmp_path, request, await request.read())
        return web.Response(status=status, headers=headers, body=body)

    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/repo.git"
    await runner.cleanup()


def _backend(root: Path, request: web.Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """What git's CGI program answers."""
    variables = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query_string,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": "ada",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(["git", "http-backend"], env=variables, input=body, capture_output=True, check=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    status = int(headers.pop("Status", "200 OK").split()[0])
    return status, headers, content


def writers(folder: Path, access: Access) -> GitWriters:
    async def find(_url: str, _scope: str) -> Access:
        return access

    return GitWriters(folder / "writers", find, FixedClock())


async def test_a_login_may_push_over_http(url: str, repository: Repository, tmp_path: Path) -> None:
    access = Access(told_by="Secret argocd/w", username="ada", password=PASSWORD)
    own = writers(tmp_path, access)
    done = await own.commit(url, Branch("env/dev"), lambda _tree: Edit({"x": b"1"}, "Put"), WHO)
    again = await own.commit(url, Branch("env/dev"), lambda _tree: Edit({"y": b"2"}, "Put"), WHO)
    assert await own.note(url, Note("facts", again.sha, "told"), WHO)
    assert git(repository.path, "rev-parse", "env/dev^", "env/dev") == f"{done.sha}\n{again.sha}"
    assert git(repository.path, "notes", "--ref=facts", "show", again.sha) == "told"


async def test_a_wrong_login_is_told_without_it(url: str, repository: Repository, tmp_path: Path) -> None:
    access = Access(told_by="Secret argocd/w", username="ada", password="wr0ng-one")
    with pytest.raises(DeniedError) as raised:
        await writers(tmp_path, access).commit(url, Branch("main"), lambda _tree: Edit({"x": b"1"}, "Put"), WHO)
    assert raised.value.reason == "RepositoryDenied"
    assert "wr0ng-one" not in str(raised.value)


async def test_a_key_may_push_over_ssh(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    script = f'#!/bin/bash\necho "$@" >> {shlex.quote(str(tmp_path / "calls"))}\neval "exec ${{@: -1}}"\n'
    (tools / "ssh").write_text(script)
    (tools / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    own = writers(tmp_path, Access(told_by="Secret argocd/w", ssh_private_key=KEY))
    remote = f"ssh://git@forge.example.com{repository.path}"
    done = await own.commit(remote, Branch("main"), lambda _tree: Edit({"x": b"1"}, "Put"), WHO)
    assert git(repository.path, "rev-parse", "main") == done.sha
    calls = (tmp_path / "calls").read_text()
    assert "git-receive-pack" in calls
    assert all(" -i " in line and "StrictHostKeyChecking=yes" in line for line in calls.splitlines())
