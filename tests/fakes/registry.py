"""An OCI registry on the loopback: pull and push, logins and tokens, pages of tags, and faults on demand."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import itertools
import json
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from tests.fakes import charts

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
TAR = "application/vnd.oci.image.layer.v1.tar"
TAR_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
CHART_CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
CONFIG = "application/vnd.oci.empty.v1+json"

Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def tar(files: Mapping[str, str | bytes]) -> bytes:
    """A plain tar, as `tar -cf` of a folder with these files writes it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in charts.encoded(files).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def tgz(files: Mapping[str, str | bytes]) -> bytes:
    return gzip.compress(tar(files), mtime=0)


class FakeRegistry:
    """`async with FakeRegistry() as registry:`; repositories come into being with what is pushed.

    Attributes:
        login: the only `Authorization` that is taken (of the token server when `has_tokens`); empty takes everybody.
        has_tokens: whether a login is exchanged for a token first.
        token_seconds: how long tokens are good, as told.
        page: tags in one answer at most.
        blobs_at: URL of another server that blobs are fetched from.
        has_digest_header: whether answers name the digest of what they hold.
        faults: by path, asked first; None lets the registry answer.
        seen: (method, path, Authorization) of every request.
    """

    def __init__(self) -> None:
        self.port = 0
        self.login = ""
        self.has_tokens = False
        self.token_seconds: int | None = 300
        self.page = 100
        self.blobs_at = ""
        self.has_digest_header = True
        self.realm = ""
        self.faults: dict[str, Fault] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.tokens: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self._uploads: dict[str, bytearray] = {}
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner

    async def __aenter__(self) -> FakeRegistry:
        app = web.Application(client_max_size=2**28)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """As Applications name it."""
        return f"oci://{self.host}"

    # --- pushing ----------------------------------------------------------------------------------------------------

    def push(self, repository: str, tag: str, *layers: tuple[str, bytes], **manifest: Any) -> str:
        """A manifest of (media type, content) layers; its digest."""
        config = self.add_blob(b"{}")
        listed = [{"mediaType": kind, "digest": self.add_blob(one), "size": len(one)} for kind, one in layers]
        body = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": config, "size": 2},
            "layers": listed,
            **manifest,
        }
        return self.push_manifest(repository, tag, json.dumps(body).encode())

    def push_manifest(self, repository: str, tag: str, content: bytes, media_type: str = MANIFEST) -> str:
        digest = digest_of(content)
        for reference in (tag, digest):
            self.manifests[repository, reference] = (media_type, content)
        return digest

    def push_files(self, repository: str, tag: str, files: Mapping[str, str | bytes]) -> str:
        """An artefact of files; its digest."""
        return self.push(repository, tag, (TAR_GZIP, tgz(files)))

    def push_chart(self, repository: str, version: str, files: Mapping[str, str | bytes]) -> str:
        """A chart as `helm push` does it, below `repository`; its digest."""
        name = repository.rpartition("/")[2]
        about = f"apiVersion: v2\nname: {name}\nversion: {version}\n"
        archive = charts.pack({"Chart.yaml": about, **files}, root=name)
        return self.push(repository, version.replace("+", "_"), (CHART_CONTENT, archive))

    def add_blob(self, content: bytes) -> str:
        self.blobs[digest_of(content)] = content
        return digest_of(content)

    def tags(self, repository: str) -> list[str]:
        return sorted(ref for name, ref in self.manifests if name == repository and not ref.startswith("sha256:"))

    def asked(self, part: str) -> int:
        """How many requests had `part` in their path."""
        return sum(part in path for _, path, _ in self.seen)

    # --- answering --------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path_qs, request.headers.get("Authorization", "")))
        fault = self.faults.get(request.path)
        answer = await fault(request) if fault is not None else None
        if answer is not None:
            return answer
        if request.path == "/token":
            return self._token(request)
        if not self._is_welcome(request):
            return web.Response(status=401, headers={"WWW-Authenticate": self._challenge(request)})
        parts = request.path.removeprefix("/v2/").split("/")
        if request.path == "/v2/":
            return web.json_response({})
        if len(parts) > 2 and parts[-2:] == ["tags", "list"]:
            return self._list(request, "/".join(parts[:-2]))
        if "uploads" in parts:
            return await self._upload(request, "/".join(parts[: parts.index("blobs")]))
        repository, kind, reference = "/".join(parts[:-2]), parts[-2], parts[-1]
        if kind == "manifests":
            return await self._manifest(request, repository, reference)
        return self._blob(reference)

    def _is_welcome(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        if self.has_tokens:
            return given.removeprefix("Bearer ") in self.tokens
        return not self.login or given == self.login

    def _challenge(self, request: web.Request) -> str:
        if not self.has_tokens:
            return 'Basic realm="fake"'
        repository = request.path.removeprefix("/v2/").rsplit("/", 2)[0]
        realm = self.realm or f"http://{self.host}/token"
        return f'Bearer realm="{realm}",service="fake",scope="repository:{repository}:pull"'

    def _token(self, request: web.Request) -> web.Response:
        if self.login and request.headers.get("Authorization") != self.login:
            return web.Response(status=401)
        token = f"token-{next(self._numbers)}"
        self.tokens[token] = parse_qs(request.query_string).get("scope", [""])[0]
        lifetime = {} if self.token_seconds is None else {"expires_in": self.token_seconds}
        return web.json_response({"token": token, **lifetime})

    def _list(self, request: web.Request, repository: str) -> web.Response:
        tags = self.tags(repository)
        if not tags:
            return web.Response(status=404)
        last, count = request.query.get("last", ""), min(int(request.query.get("n", self.page)), self.page)
        rest = [one for one in tags if one > last]
        headers = {}
        if len(rest) > count:
            headers["Link"] = f'</v2/{repository}/tags/list?last={rest[count - 1]}&n={count}>; rel="next"'
        return web.json_response({"name": repository, "tags": rest[:count]}, headers=headers)

    async def _manifest(self, request: web.Request, repository: str, reference: str) -> web.Response:
        if request.method == "PUT":
            digest = self.push_manifest(repository, reference, await request.read(), request.content_type)
            return web.Response(status=201, headers={"Docker-Content-Digest": digest})
        found = self.manifests.get((repository, reference))
        if found is None:
            return web.json_response({"errors": [{"code": "MANIFEST_UNKNOWN"}]}, status=404)
        headers = {"Content-Type": found[0]}
        if self.has_digest_header:
            headers["Docker-Content-Digest"] = digest_of(found[1])
        return web.Response(body=found[1], headers=headers)

    def _blob(self, digest: str) -> web.Response:
        if self.blobs_at:
            raise web.HTTPTemporaryRedirect(f"{self.blobs_at}/v2/cdn/blobs/{digest}?signature=s3cr3t")
        content = self.blobs.get(digest)
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def _upload(self, request: web.Request, repository: str) -> web.Response:
        """Monolithic and chunked uploads: POST opens one, PATCH adds to it, PUT ends it with its digest."""
        name = request.path.rpartition("/")[2]
        if request.method == "POST":
            name = str(next(self._numbers))
            self._uploads[name] = bytearray()
        upload = self._uploads.get(name)
        if upload is None:
            return web.Response(status=404)
        upload += await request.read()
        location = {"Location": f"/v2/{repository}/blobs/uploads/{name}"}
        wanted = request.query.get("digest", "")
        if not wanted:
            return web.Response(status=202, headers=location)
        if digest_of(bytes(upload)) != wanted:
            return web.Response(status=400)
        return web.Response(status=201, headers={"Docker-Content-Digest": self.add_blob(bytes(upload))})
