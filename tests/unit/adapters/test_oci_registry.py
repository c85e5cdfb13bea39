"""The client of OCI registries, against a good one and against bad ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web
from tests.fakes.registry import CHART_CONTENT, PROVENANCE, TAR_GZIP, FakeRegistry, basic, digest_of

from dokaseca.adapters import oci_registry
from dokaseca.adapters.oci_registry import OciRegistry
from dokaseca.flow.source.access import Access
from dokaseca.kit import bounds
from dokaseca.model.errors import DeniedError, DokaSecaError, IntegrityError, NotFoundError, TransientError, UserError
from dokaseca.ports.registry import Place

ADA = basic("ada", "s3cr3t-word")


class Who:
    """The credentials of the moment; notes for which URL and project they were asked for."""

    def __init__(self, **fields: object) -> None:
        self.access = Access(plain_http=True, told_by="Secret argocd/registry", **fields)  # type: ignore[arg-type]
        self.asked: set[tuple[str, str]] = set()

    async def find(self, url: str, scope: str) -> Access:
        self.asked.add((url, scope))
        return self.access


@pytest_asyncio.fixture
async def registry() -> AsyncIterator[FakeRegistry]:
    async with FakeRegistry() as registry:
        yield registry


@pytest.fixture
def who() -> Who:
    return Who()


@pytest_asyncio.fixture
async def client(who: Who) -> AsyncIterator[OciRegistry]:
    client = OciRegistry(who.find)
    yield client
    await client.close()
    await client.close()


def place(registry: FakeRegistry, name: str = "team/app") -> Place:
    return Place(f"{registry.url}/{name}")


# --- what there is --------------------------------------------------------------------------------------------------


async def test_a_manifest_and_its_blob_are_pulled_by_tag_and_by_digest(
    registry: FakeRegistry, client: OciRegistry
) -> None:
    pushed = registry.push("team/app", "1.0.0", (CHART_CONTENT, b"chart"), (PROVENANCE, b"who"), annotations={"a": "b"})
    at = place(registry)
    assert await client.digest(at, "1.0.0") == pushed
    assert await client.digest(at, pushed) == pushed
    manifest = await client.manifest(at, pushed)
    assert [(one.media_type, one.size_bytes) for one in manifest.layers] == [(CHART_CONTENT, 5), (PROVENANCE, 3)]
    assert (manifest.digest, manifest.annotations) == (pushed, {"a": "b"})
    assert await client.blob(at, manifest.layers[0].digest, 5) == b"chart"
    assert [method for method, path, _ in registry.seen if path.endswith("/1.0.0")] == ["HEAD"]


async def test_a_registry_that_does_not_tell_digests_is_believed_no_less(
    registry: FakeRegistry, client: OciRegistry
) -> None:
    pushed = registry.push_files("team/app", "1.0.0", {"a.yaml": "a: 1"})
    registry.has_digest_header = False
    assert await client.digest(place(registry), "1.0.0") == pushed


async def test_tags_come_in_pages(registry: FakeRegistry, client: OciRegistry) -> None:
    for number in range(25):
        registry.push_files("team/app", f"1.0.{number}", {"a.yaml": str(number)})
    registry.page = 10
    assert sorted(await client.tags(place(registry))) == registry.tags("team/app")
    assert registry.asked("/tags/list") == 3


async def test_what_is_not_there_is_absent(registry: FakeRegistry, client: OciRegistry) -> None:
    at, unknown = place(registry), digest_of(b"nothing")
    with pytest.raises(NotFoundError, match="the registry has no repository team/app"):
        await client.tags(at)
    with pytest.raises(NotFoundError, match=r"the registry has no manifest 1\.0"):
        await client.digest(at, "1.0")
    with pytest.raises(NotFoundError, match="no tag can be named '>=1'"):
        await client.digest(at, ">=1")
    with pytest.raises(NotFoundError, match="has no manifest sha256:"):
        await client.manifest(at, unknown)
    with pytest.raises(NotFoundError, match="has no blob sha256:"):
        await client.blob(at, unknown, 10)


async def test_what_is_pushed_over_http_is_there(registry: FakeRegistry, client: OciRegistry) -> None:
    base, content = f"http://{registry.host}/v2/team/app", b"chunked content"
    async with ClientSession() as session:
        location = (await session.post(f"{base}/blobs/uploads/")).headers["Location"]
        await session.patch(f"http://{registry.host}{location}", data=content[:7])
        done = await session.put(
            f"http://{registry.host}{location}", params={"digest": digest_of(content)}, data=content[7:]
        )
        assert done.status == 201
        wrong = await session.post(f"{base}/blobs/uploads/", params={"digest": digest_of(b"other")}, data=content)
        assert wrong.status == 400
        layer = {"mediaType": TAR_GZIP, "digest": digest_of(content), "size": len(content)}
        body = json.dumps({"schemaVersion": 2, "layers": [layer]})
        headers = {"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
        assert (await session.put(f"{base}/manifests/v1", data=body, headers=headers)).status == 201
    at = place(registry)
    manifest = await client.manifest(at, await client.digest(at, "v1"))
    assert await client.blob(at, manifest.layers[0].digest, 100) == content


@pytest.mark.parametrize(
    "url",
    [
        *("oci://", "oci://host", "oci://host/", "oci://host/UPPER", "oci://host/a:tag", "oci://host/a@sha256:0"),
        *("oci://user:s3cr3t-word@host/a", "http://host/a", "oci://host/../a", "oci://host/a//b", "oci://ho st/a", ""),
        *("oci://host/a?x=1", "oci://host/a\nb", "oci://host:port/a", "oci://" + "a" * 600 + "/b"),
    ],
)
async def test_urls_that_name_no_repository_are_refused(url: str, client: OciRegistry) -> None:
    with pytest.raises(UserError, match=r"is no repository of an OCI registry; write oci://host\[:port\]/name") as one:
        await client.tags(Place(url))
    assert one.value.reason == "InvalidURL"
    assert "s3cr3t-word" not in str(one.value)


# --- who we are -----------------------------------------------------------------------------------------------------


async def test_a_login_is_sent_when_the_registry_asks_and_kept(registry: FakeRegistry) -> None:
    who = Who(username="ada", password="s3cr3t-word")
    client, registry.login = OciRegistry(who.find), ADA
    registry.push_files("team/app", "1", {"a.yaml": "a: 1"})
    at = Place(f"{registry.url}/team/app", "oci://secret.example.com", "blue")
    await client.digest(at, "1")
    await client.tags(at)
    assert [header for _, _, header in registry.seen] == ["", ADA, ADA]
    assert who.asked == {("oci://secret.example.com", "blue")}
    await client.close()


async def test_tokens_are_fetched_for_one_repository_with_the_login_and_used_again(registry: FakeRegistry) -> None:
    client = OciRegistry(Who(username="ada", password="s3cr3t-word").find)
    registry.has_tokens, registry.login = True, ADA
    registry.push_files("team/app", "1", {"a.yaml": "a: 1"})
    registry.push_files("team/other", "1", {"a.yaml": "a: 1"})
    await client.digest(place(registry), "1")
    await client.tags(place(registry))
    await client.tags(place(registry, "team/other"))
    assert registry.tokens == {"token-1": "repository:team/app:pull", "token-2": "repository:team/other:pull"}
    assert {header for _, path, header in registry.seen if path.startswith("/token")} == {ADA}
    assert ADA not in {header for _, path, header in registry.seen if path.startswith("/v2")}
    await client.close()


async def test_a_token_that_expires_or_is_withdrawn_is_fetched_anew(
    registry: FakeRegistry, client: OciRegistry
) -> None:
    registry.has_tokens = True
    registry.push_files("team/app", "1", {"a.yaml": "a: 1"})
    await client.digest(place(registry), "1")
    registry.tokens.clear()
    await client.digest(place(registry), "1")
    assert registry.asked("/token") == 2
    registry.token_seconds = 1
    registry.tokens.clear()
    for _ in range(2):
        await client.digest(place(registry), "1")
    assert registry.asked("/token") == 4


async def test_everybody_gets_a_token_where_registries_give_one(registry: FakeRegistry, client: OciRegistry) -> None:
    registry.has_tokens, registry.token_seconds = True, None
    registry.push_files("team/app", "1", {"a.yaml": "a: 1"})
    assert await client.tags(place(registry)) == ("1",)
    assert {header for _, path, header in registry.seen if path.startswith("/token")} == {""}


async def test_a_login_that_is_to_be_sent_at_once_and_a_bearer_token_are(registry: FakeRegistry) -> None:
    registry.push_files("team/app", "1", {"a.yaml": "a: 1"})
    for who, header in (
        (Who(username="ada", password="s3cr3t-word", force_basic=True), ADA),
        (Who(bearer_token="t0ken"), "Bearer t0ken"),
    ):
        client, registry.login = OciRegistry(who.find), header
        registry.seen.clear()
        await client.tags(place(registry))
        assert [seen for _, _, seen in registry.seen] == [header]
        await client.close()


@pytest.mark.parametrize("has_tokens", [False, True])
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "a request without a login"),
        ({"username": "ada", "password": "wr0ng-word"}, "the login of Secret argocd/registry"),
        ({"bearer_token": "wr0ng-word"}, "the login of Secret argocd/registry"),
    ],
)
async def test_a_registry_that_refuses_us_is_told_without_the_login(
    registry: FakeRegistry, fields: dict[str, str], told: str, has_tokens: bool
) -> None:
    client = OciRegistry(Who(**fields).find)
    registry.login, registry.has_tokens = ADA, has_tokens
    registry.push_files("team/app", "1", {"a.yaml": "a: 1"})
    with pytest.raises(DeniedError, match=rf"the registry refused {told} \(HTTP 401\)") as caught:
        await client.tags(place(registry))
    assert caught.value.reason == "RepositoryDenied"
    assert "wr0ng-word" not in str(caught.value)
    if fields:
        assert "" not in [header for _, path, header in registry.seen if path.startswith("/token")]
    await client.close()


async def test_blobs_on_another_server_are_fetched_without_login_or_token(registry: FakeRegistry) -> None:
    client = OciRegistry(Who(username="ada", password="s3cr3t-word").find)
    async with FakeRegistry() as store:
        registry.login, registry.has_tokens = ADA, True
        registry.blobs_at = f"http://{store.host}"
        blob = store.add_blob(b"content")
        assert await client.blob(place(registry), blob, 100) == b"content"
        assert [(path, header) for _, path, header in store.seen] == [(f"/v2/cdn/blobs/{blob}?signature=s3cr3t", "")]
        store.blobs.clear()
        with pytest.raises(NotFoundError) as caught:
            await client.blob(place(registry), blob, 100)
        assert "signature" not in str(caught.value)
    await client.close()


@pytest.mark.parametrize(
    ("realm", "message"),
    [
        ("ftp://auth.example.com/x", "sends us for a token to 'ftp://auth.example.com/x'"),
        ("http://ada:pa55word@host/x", "is no https:// URL; no login is sent there"),
        ("/token", "sends us for a token to '/token'"),
        ("http://[", "sends us for a token to"),
    ],
)
async def test_token_servers_that_are_none_get_no_login(registry: FakeRegistry, realm: str, message: str) -> None:
    client = OciRegistry(Who(username="ada", password="s3cr3t-word").find)
    registry.has_tokens, registry.realm = True, realm
    with pytest.raises(DeniedError, match=message) as caught:
        await client.tags(place(registry))
    assert "pa55word" not in str(caught.value)
    await client.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": 1}', b'{"token": "a\\nb: c"}', b"x" * 300_000])
async def test_token_servers_that_answer_nonsense_are_told(
    registry: FakeRegistry, client: OciRegistry, body: bytes
) -> None:
    async def nonsense(_: web.Request) -> web.Response:
        return web.Response(body=body)

    registry.has_tokens, registry.faults["/token"] = True, nonsense
    with pytest.raises(DokaSecaError, match=r"answers without a token|is larger than 262144 bytes"):
        await client.tags(place(registry))


# --- hostile registries ---------------------------------------------------------------------------------------------


def always(response: web.Response) -> object:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=response.status, body=response.body, headers=response.headers)

    return answer


MANIFEST_PATH = "/v2/team/app/manifests/" + digest_of(b"good")
BLOB_PATH = "/v2/team/app/blobs/" + digest_of(b"good")


async def test_content_that_is_not_what_was_asked_for_stops_everything(
    registry: FakeRegistry, client: OciRegistry
) -> None:
    registry.faults = {path: always(web.Response(body=b"{}")) for path in (MANIFEST_PATH, BLOB_PATH)}  # type: ignore[misc]
    for pull in (
        client.manifest(place(registry), digest_of(b"good")),
        client.blob(place(registry), digest_of(b"good"), 100),
    ):
        with pytest.raises(IntegrityError, match=r"does not have the digest sha256:\w{64}; do not use it") as caught:
            await pull
        assert caught.value.reason == "DigestMismatch"


async def test_answers_without_end_are_cut_off(registry: FakeRegistry, client: OciRegistry) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b" " * 2**20)
        return response

    registry.faults = dict.fromkeys((BLOB_PATH, MANIFEST_PATH, "/v2/team/app/tags/list"), endless)
    at = place(registry)
    with pytest.raises(UserError, match="is larger than 1000 bytes") as caught:
        await client.blob(at, digest_of(b"good"), 1000)
    assert caught.value.reason == "TooLarge"
    with pytest.raises(UserError, match=f"is larger than {bounds.OCI_MANIFEST_BYTES // 2**20} MiB"):
        await client.manifest(at, digest_of(b"good"))
    with pytest.raises(UserError, match=f"is larger than {bounds.OCI_TAGS_BYTES // 2**20} MiB"):
        await client.tags(at)


async def test_registries_that_keep_silent_or_break_off_are_unreachable(registry: FakeRegistry, who: Who) -> None:
    silence = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await silence.wait()
        return web.Response()

    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    client = OciRegistry(who.find, timeout_seconds=0.1)
    registry.faults = {"/v2/team/app/tags/list": silent, "/v2/team/app/manifests/1": broken}
    with pytest.raises(TransientError, match=r"the registry does not answer \(no answer in time\)"):
        await client.tags(place(registry))
    silence.set()
    with pytest.raises(TransientError, match=r"does not answer \(ServerDisconnectedError\)"):
        await client.digest(place(registry), "1")
    with pytest.raises(TransientError, match="no connection"):
        await client.tags(Place("oci://127.0.0.1:9/team/app"))
    await client.close()


async def test_tags_without_end_are_cut_off(
    registry: FakeRegistry, client: OciRegistry, who: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def another(request: web.Request) -> web.Response:
        link = {"Link": '</v2/team/app/tags/list?last=a>; rel="next"'}
        return web.json_response({"tags": ["a"]}, headers=link)

    registry.faults = {"/v2/team/app/tags/list": another}
    monkeypatch.setattr(oci_registry, "PAGES", 3)
    with pytest.raises(UserError, match="lists tags on more than 3 pages"):
        await client.tags(place(registry))
    monkeypatch.setattr(oci_registry, "PAGES", 10**9)
    slow = OciRegistry(who.find, timeout_seconds=0.05)
    with pytest.raises(TransientError, match=r"its list of tags does not end in time|no answer in time"):
        await slow.tags(place(registry))
    await slow.close()


async def test_redirects_in_a_circle_end_and_out_of_http_are_refused(
    registry: FakeRegistry, client: OciRegistry
) -> None:
    async def around(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.path)

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("file:///etc/passwd")

    registry.faults = {BLOB_PATH: around, MANIFEST_PATH: away}
    with pytest.raises(TransientError, match="more than 5 redirects"):
        await client.blob(place(registry), digest_of(b"good"), 10)
    assert registry.asked("/blobs/") == 6
    with pytest.raises(UserError, match="sends us from http to file") as caught:
        await client.manifest(place(registry), digest_of(b"good"))
    assert caught.value.reason == "UnsafeRedirect"


async def test_the_next_page_of_tags_is_on_the_same_server(registry: FakeRegistry, client: OciRegistry) -> None:
    async def away(_: web.Request) -> web.Response:
        return web.json_response({"tags": ["a"]}, headers={"Link": '<http://127.0.0.2:9/v2/x>; rel="next"'})

    registry.faults = {"/v2/team/app/tags/list": away}
    with pytest.raises(UserError, match="the next page of its tags is on another server"):
        await client.tags(place(registry))


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (403, DeniedError, r"refused a request without a login \(HTTP 403\)"),
        (429, TransientError, "HTTP status 429"),
        (500, TransientError, "HTTP status 500"),
        (204, TransientError, "HTTP status 204"),
    ],
)
async def test_other_answers_are_errors(
    registry: FakeRegistry, client: OciRegistry, status: int, kind: type[DokaSecaError], message: str
) -> None:
    registry.faults = {"/v2/team/app/tags/list": always(web.Response(status=status))}  # type: ignore[dict-item]
    with pytest.raises(kind, match=message):
        await client.tags(place(registry))


async def test_a_list_of_tags_that_is_none(registry: FakeRegistry, client: OciRegistry) -> None:
    for body, message in ((b"<html>", "is this an OCI registry"), (b'{"tags": "a"}', "its list of tags is none")):
        registry.faults = {"/v2/team/app/tags/list": always(web.Response(body=body))}  # type: ignore[dict-item]
        with pytest.raises(UserError, match=message):
            await client.tags(place(registry))
    odd = b'{"tags": ["1.0", 7, "../x", "a b", null]}'
    registry.faults = {"/v2/team/app/tags/list": always(web.Response(body=odd))}  # type: ignore[dict-item]
    assert await client.tags(place(registry)) == ("1.0",)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"manifests": []}, "an index of several artefacts; name the digest or tag of one of them"),
        ({"mediaType": "application/vnd.oci.image.index.v1+json"}, "an index of several artefacts"),
        ({"layers": []}, "has 1 to 10 layers, this one has not"),
        ({"layers": [{}] * 11}, "has 1 to 10 layers"),
        ({"layers": "x"}, "has 1 to 10 layers"),
        ({"layers": [{"mediaType": "x", "digest": "sha256:0"}]}, "lacks mediaType, digest or size"),
        ({"layers": [{"mediaType": "x", "digest": "sha256:0", "size": -1}]}, "lacks mediaType, digest or size"),
        ({"layers": [7]}, "lacks mediaType, digest or size"),
    ],
)
async def test_manifests_of_something_else_are_told(
    registry: FakeRegistry, client: OciRegistry, body: dict[str, object], message: str
) -> None:
    pushed = registry.push_manifest("team/app", "1", json.dumps(body).encode())
    with pytest.raises(UserError, match=message) as caught:
        await client.manifest(place(registry), pushed)
    assert caught.value.reason == "InvalidArtifact"


async def test_only_digests_that_are_verified_are_taken(registry: FakeRegistry, client: OciRegistry) -> None:
    for pull in (
        client.manifest(place(registry), "sha512:" + "0" * 128),
        client.blob(place(registry), "sha256:../x", 10),
    ):
        with pytest.raises(UserError, match="is no sha256 digest"):
            await pull
    assert registry.seen == []
