"""The client against scripted answers: pages, discovery old and new, errors, and what no server should say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest

from dokaseca.adapters import kube, kube_errors
from dokaseca.adapters.kube import KubeCluster
from dokaseca.model.errors import (
    ConflictError,
    DeniedError,
    DokaSecaError,
    ExpiredError,
    NotFoundError,
    TransientError,
    UserError,
)
from dokaseca.model.identity import GroupVersionKind
from dokaseca.ports.wire import WireRequest, WireResponse

POD = GroupVersionKind("", "v1", "Pod")
THING = GroupVersionKind("example.com", "v1", "Thing")
UNREACHABLE = TransientError("does not answer", reason="ClusterUnreachable")

Answer = WireResponse | DokaSecaError


def json(value: Any, status: int = 200) -> WireResponse:
    return WireResponse(status, {}, orjson.dumps(value))


def status(code: int, reason: str = "", **more: Any) -> WireResponse:
    return json({"kind": "Status", "code": code, "reason": reason, "message": f"said {reason}", **more}, code)


def discovery(*resources: dict[str, Any], group: str = "", version: str = "v1") -> dict[str, Any]:
    return {
        "kind": "APIGroupDiscoveryList",
        "items": [{"metadata": {"name": group}, "versions": [{"version": version, "resources": list(resources)}]}],
    }


def resource(kind: str, plural: str, scope: str = "Namespaced", **more: Any) -> dict[str, Any]:
    return {"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "verbs": ["get", "list"], **more}


class ScriptedWire:
    """Answers by path; a list gives its answers one after the other, the last for ever."""

    def __init__(self, **more: Any) -> None:
        self.answers: dict[str, Answer | list[Answer] | Callable[[WireRequest], Answer]] = {
            "/api": json(discovery(resource("Pod", "pods", subresources=[{"subresource": "status"}]))),
            "/apis": json(discovery(group="apps")),
        }
        self.requests: list[WireRequest] = []

    async def send(self, request: WireRequest) -> WireResponse:
        self.requests.append(request)
        await asyncio.sleep(0)
        answer = self.answers.get(request.path, status(404))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, DokaSecaError):
            raise answer
        return answer

    async def close(self) -> None:
        """Nothing to give back."""

    def asked(self, path: str) -> int:
        return sum(1 for one in self.requests if one.path == path)


@pytest.fixture
def wire() -> ScriptedWire:
    return ScriptedWire()


@pytest.fixture
def cluster(wire: ScriptedWire) -> KubeCluster:
    return KubeCluster("hub", "https://hub.test", wire)


# --- lists ----------------------------------------------------------------------------------------------------------


def page(*names: str, token: str = "", position: str = "7") -> WireResponse:
    metadata = {"resourceVersion": position, **({"continue": token} if token else {})}
    return json({"metadata": metadata, "items": [{"metadata": {"name": name}} for name in names]})


async def test_pages_are_joined_and_items_get_their_kind(wire: ScriptedWire, cluster: KubeCluster) -> None:
    wire.answers["/api/v1/pods"] = [page("a", "b", token="t1"), page("c", token="t2"), page(position="7")]
    listing = await cluster.list(POD, label_selector="x=y", field_selector="spec.nodeName=n")
    assert [one["metadata"]["name"] for one in listing.items] == ["a", "b", "c"]
    assert {(one["apiVersion"], one["kind"]) for one in listing.items} == {("v1", "Pod")}
    assert listing.resource_version == "7"
    queries = [dict(one.query) for one in wire.requests if one.path == "/api/v1/pods"]
    assert [one.get("continue") for one in queries] == [None, "t1", "t2"]
    assert {(one["limit"], one["labelSelector"], one["fieldSelector"]) for one in queries} == {
        ("500", "x=y", "spec.nodeName=n")
    }


async def test_a_list_whose_later_pages_are_gone_is_read_in_one(wire: ScriptedWire, cluster: KubeCluster) -> None:
    wire.answers["/api/v1/pods"] = [page("a", token="t1"), status(410, "Expired"), page("a", "b", position="9")]
    listing = await cluster.list(POD)
    assert [one["metadata"]["name"] for one in listing.items] == ["a", "b"]
    assert listing.resource_version == "9"
    assert "limit" not in dict(wire.requests[-1].query)


async def test_an_empty_list_may_have_null_items(wire: ScriptedWire, cluster: KubeCluster) -> None:
    wire.answers["/api/v1/pods"] = json({"metadata": {"resourceVersion": "1"}, "items": None})
    assert (await cluster.list(POD)).items == []


# --- discovery ------------------------------------------------------------------------------------------------------


async def test_discovery_is_asked_once(wire: ScriptedWire, cluster: KubeCluster) -> None:
    found = await asyncio.gather(*(cluster.resource(POD) for _ in range(20)), cluster.resources())
    assert wire.asked("/api") == wire.asked("/apis") == 1
    pods = found[0]
    assert (pods.plural, pods.namespaced, pods.subresources, pods.group_kind.kind) == (
        "pods",
        True,
        frozenset({"status"}),
        "Pod",
    )


async def test_an_unknown_kind_refreshes_discovery_once_for_all_who_ask(
    wire: ScriptedWire, cluster: KubeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube, "REDISCOVERY_SECONDS", 0.0)
    await cluster.resources()
    wire.answers["/apis"] = json(discovery(resource("Thing", "things", "Cluster"), group="example.com"))
    found = await asyncio.gather(*(cluster.resource(THING) for _ in range(20)))
    assert {(one.plural, one.namespaced) for one in found} == {("things", False)}
    assert wire.asked("/apis") == 2


async def test_kinds_that_stay_unknown_do_not_flood_the_server(wire: ScriptedWire, cluster: KubeCluster) -> None:
    for _ in range(20):
        with pytest.raises(
            UserError, match=r"no matches for kind 'Thing' in version 'example\.com/v1'; install its CRD"
        ):
            await cluster.resource(THING)
    assert wire.asked("/apis") <= 3


async def test_a_failed_discovery_is_no_missing_kind(wire: ScriptedWire, cluster: KubeCluster) -> None:
    wire.answers["/apis"] = [status(503, "ServiceUnavailable"), json(discovery())]
    with pytest.raises(TransientError, match="said ServiceUnavailable"):
        await cluster.resource(POD)
    assert (await cluster.resource(POD)).plural == "pods"


async def test_the_version_is_kept_until_discovery_is_refreshed(wire: ScriptedWire, cluster: KubeCluster) -> None:
    wire.answers["/version"] = [json({"gitVersion": "v1.30.0"}), json({"gitVersion": "v1.31.0"})]
    assert [await cluster.version() for _ in range(3)] == ["v1.30.0"] * 3
    await cluster.resources(refresh=True)
    assert await cluster.version() == "v1.31.0"


async def test_groups_without_answer_are_passed_over_in_aggregated_discovery(
    wire: ScriptedWire, cluster: KubeCluster
) -> None:
    broken = {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1", "freshness": "Stale"}]}
    nameless = {"resource": "x", "scope": "Cluster"}
    answer = discovery(resource("Thing", "things"), nameless, group="example.com")
    wire.answers["/apis"] = json({**answer, "items": [broken, *answer["items"]]})
    assert {one.kind for one in await cluster.resources()} == {"Pod", "Thing"}


def legacy(wire: ScriptedWire) -> None:
    wire.answers["/api"] = json({"kind": "APIVersions", "versions": ["v1"]})
    listed = [
        {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
        {"name": "pods/status", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
        {"name": "nodes", "kind": "Node", "namespaced": False},
    ]
    wire.answers["/api/v1"] = json({"resources": listed})
    versions = [{"version": "v2"}, {"version": "v1"}]
    groups = [
        {"name": "metrics.k8s.io", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}},
        {"name": "example.com", "versions": versions, "preferredVersion": versions[1]},
    ]
    wire.answers["/apis"] = json({"kind": "APIGroupList", "groups": groups})
    for version in ("v1", "v2"):
        things = [{"name": "things", "kind": "Thing", "namespaced": True, "verbs": ["get"]}]
        wire.answers[f"/apis/example.com/{version}"] = json({"resources": things})


@pytest.mark.parametrize("code", [403, 404, 500, 503])
async def test_older_servers_are_read_and_one_broken_api_hides_no_other(
    code: int, wire: ScriptedWire, cluster: KubeCluster
) -> None:
    legacy(wire)
    wire.answers["/apis/metrics.k8s.io/v1"] = status(code, "Broken")
    by_kind = {(one.kind, one.version): one for one in await cluster.resources()}
    assert set(by_kind) == {("Pod", "v1"), ("Node", "v1"), ("Thing", "v1"), ("Thing", "v2")}
    assert by_kind["Pod", "v1"].subresources == {"status"}
    assert not by_kind["Node", "v1"].namespaced
    assert (by_kind["Thing", "v1"].preferred, by_kind["Thing", "v2"].preferred) == (True, False)


async def test_a_server_that_goes_away_during_discovery_is_unreachable(
    wire: ScriptedWire, cluster: KubeCluster
) -> None:
    legacy(wire)
    wire.answers["/apis/metrics.k8s.io/v1"] = UNREACHABLE
    with pytest.raises(TransientError, match="does not answer"):
        await cluster.resources()


# --- paths ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../../secrets/x", "a/b", "..", ".", "a%2fb", "x\0"])
async def test_names_that_would_change_the_path_are_refused(
    name: str, wire: ScriptedWire, cluster: KubeCluster
) -> None:
    await cluster.resources()
    sent = len(wire.requests)
    calls = (
        lambda: cluster.get(POD, "default", name),
        lambda: cluster.get(POD, name, "x"),
        lambda: cluster.delete(POD, "default", name),
        lambda: cluster.patch(POD, "default", name, {}),
        lambda: cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": name}}),
        lambda: cluster.update({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "d"}}),
    )
    for call in calls:
        with pytest.raises(UserError, match="invalid resource name"):
            await call()
    assert len(wire.requests) == sent, "nothing was sent"


async def test_what_each_verb_sends(wire: ScriptedWire, cluster: KubeCluster) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "d"}}
    for path in ("/api/v1/namespaces/d/pods", "/api/v1/namespaces/d/pods/p", "/api/v1/namespaces/d/pods/p/status"):
        wire.answers[path] = json(pod)
    await cluster.create(pod, field_manager="m", dry_run=True)
    await cluster.update(pod, subresource="status")
    await cluster.patch(POD, "d", "p", [{"op": "remove", "path": "/x"}], patch_type="application/json-patch+json")
    await cluster.apply(pod, field_manager="m", force=True)
    await cluster.delete(POD, "d", "p", uid="u", propagation="Orphan", dry_run=True)
    sent = [
        (one.method, one.path.removeprefix("/api/v1/namespaces/d/"), one.query, one.headers["content-type"])
        for one in wire.requests[2:]
    ]
    assert sent == [
        ("POST", "pods", (("dryRun", "All"), ("fieldManager", "m")), "application/json"),
        ("PUT", "pods/p/status", (), "application/json"),
        ("PATCH", "pods/p", (), "application/json-patch+json"),
        ("PATCH", "pods/p", (("fieldManager", "m"), ("force", "true")), "application/apply-patch+yaml"),
        ("DELETE", "pods/p", (), "application/json"),
    ]
    assert orjson.loads(wire.requests[-1].body) == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Orphan",
        "preconditions": {"uid": "u"},
        "dryRun": ["All"],
    }


# --- errors ---------------------------------------------------------------------------------------------------------

NAMED = {"details": {"name": "p", "kind": "pods"}}


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (status(400, "BadRequest"), UserError, "BadRequest"),
        (status(401, "Unauthorized"), DeniedError, "Unauthorized"),
        (status(403, "Forbidden"), DeniedError, "Forbidden"),
        (status(404, "NotFound", **NAMED), NotFoundError, "NotFound"),
        (status(404, "NotFound"), UserError, "NoKindMatch"),
        (status(404, "NotFound", details="text"), UserError, "NoKindMatch"),
        (status(405, "MethodNotAllowed"), UserError, "MethodNotAllowed"),
        (status(409, "Conflict"), ConflictError, "Conflict"),
        (status(409, "AlreadyExists"), ConflictError, "AlreadyExists"),
        (status(410, "Expired"), ExpiredError, "Expired"),
        (status(413, "RequestEntityTooLarge"), UserError, "RequestEntityTooLarge"),
        (status(415, "UnsupportedMediaType"), UserError, "UnsupportedMediaType"),
        (status(422, "Invalid"), UserError, "Invalid"),
        (status(429, "TooManyRequests"), TransientError, "TooManyRequests"),
        (status(500, "InternalError"), TransientError, "InternalError"),
        (status(413), UserError, "RequestEntityTooLarge"),
        (WireResponse(413, {}, b"<html>"), UserError, "RequestEntityTooLarge"),
        (status(500, message="etcdserver: request is too large"), UserError, "RequestEntityTooLarge"),
        (
            status(500, "InternalError", message="rpc error: trying to send message larger than max (2 vs. 1)"),
            UserError,
            "RequestEntityTooLarge",
        ),
        (status(403, "Forbidden", message="etcdserver: request is too large"), DeniedError, "Forbidden"),
        (status(503, "ServiceUnavailable"), TransientError, "ServiceUnavailable"),
        (status(504, "Timeout"), TransientError, "Timeout"),
        (WireResponse(404, {}, b"404 page not found"), UserError, "NoKindMatch"),
        (WireResponse(502, {}, b"<html>"), TransientError, "Unavailable"),
        (WireResponse(403, {}, b""), DeniedError, "Forbidden"),
        (json([1], 500), TransientError, "Unavailable"),
        (json({"kind": "Status", "code": "many"}, 500), TransientError, "Unavailable"),
    ],
)
async def test_answers_become_typed_errors(
    answer: WireResponse, kind: type[DokaSecaError], reason: str, wire: ScriptedWire, cluster: KubeCluster
) -> None:
    wire.answers["/api/v1/namespaces/d/pods/p"] = answer
    with pytest.raises(kind) as caught:
        await cluster.get(POD, "d", "p")
    assert type(caught.value) is kind
    assert caught.value.reason == reason
    assert caught.value.subject == "hub"
    assert caught.value.message


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b"{"])
async def test_what_is_no_json_object_is_no_kubernetes_api(
    body: bytes, wire: ScriptedWire, cluster: KubeCluster
) -> None:
    wire.answers["/api/v1/namespaces/d/pods/p"] = WireResponse(200, {}, body)
    with pytest.raises(TransientError, match="is not JSON; is this a Kubernetes API") as caught:
        await cluster.get(POD, "d", "p")
    assert caught.value.reason == "BadAnswer"


def test_a_status_without_code_is_transient() -> None:
    assert type(kube_errors.of_status({}, "hub")) is TransientError
    assert str(kube_errors.of_status({}, "hub")) == "hub: the server gave no message"


# --- watches --------------------------------------------------------------------------------------------------------


class Stream:
    """The chunks of a watch; `is_closed` tells that the client let go."""

    def __init__(self, *chunks: bytes) -> None:
        self.is_closed = False
        self._chunks = chunks

    async def events(self) -> AsyncIterator[bytes]:
        try:
            for chunk in self._chunks:
                yield chunk
        finally:
            self.is_closed = True


def event(event_type: str, **value: Any) -> bytes:
    return orjson.dumps({"type": event_type, "object": value}) + b"\n"


async def watched(wire: ScriptedWire, cluster: KubeCluster, *chunks: bytes) -> list[tuple[str, Any]]:
    stream = Stream(*chunks)
    wire.answers["/api/v1/pods"] = WireResponse(200, {}, stream=stream.events())
    try:
        return [(one.type, one.object) async for one in cluster.watch(POD, resource_version="1", label_selector="a=b")]
    finally:
        assert stream.is_closed


async def test_events_may_come_in_any_pieces(wire: ScriptedWire, cluster: KubeCluster) -> None:
    text = event("ADDED", a=1) + event("BOOKMARK", b="ü\\n") + b"\n" + event("DELETED")
    pieces = [text[index : index + 3] for index in range(0, len(text), 3)]
    expected = [("ADDED", {"a": 1}), ("BOOKMARK", {"b": "ü\\n"}), ("DELETED", {})]
    assert await watched(wire, cluster, *pieces) == expected
    assert await watched(wire, cluster, text) == expected
    assert dict(wire.requests[-1].query) == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "1",
        "labelSelector": "a=b",
    }


async def test_an_expired_position_may_come_as_an_event_or_as_an_answer(
    wire: ScriptedWire, cluster: KubeCluster
) -> None:
    with pytest.raises(ExpiredError, match="too old") as caught:
        await watched(wire, cluster, event("ERROR", kind="Status", code=410, reason="Expired", message="too old"))
    assert caught.value.reason == "Expired"
    wire.answers["/api/v1/pods"] = status(410, "Expired")
    with pytest.raises(ExpiredError):
        await anext(cluster.watch(POD, resource_version="1"))


@pytest.mark.parametrize(
    "chunk",
    [
        b"no json\n",
        b"[]\n",
        b'{"type": "ADDED"}\n',
        b'{"type": "ADDED", "object": 1}\n',
        b'{"type": "ERROR", "object": 1}\n',
    ],
)
async def test_what_is_no_event_ends_the_watch_with_an_error(
    chunk: bytes, wire: ScriptedWire, cluster: KubeCluster
) -> None:
    with pytest.raises(TransientError):
        await watched(wire, cluster, chunk)


async def test_an_event_that_never_ends_is_refused(
    wire: ScriptedWire, cluster: KubeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube, "EVENT_BYTES", 1000)
    with pytest.raises(TransientError, match="larger than any object may be"):
        await watched(wire, cluster, *[b"x" * 100] * 20)


async def test_an_answer_instead_of_a_watch_is_refused(wire: ScriptedWire, cluster: KubeCluster) -> None:
    wire.answers["/api/v1/pods"] = json({})
    with pytest.raises(TransientError, match="did not open a watch"):
        await anext(cluster.watch(POD, resource_version="1"))


async def test_who_acts_as_another_writes_as_that_one_and_reads_as_itself() -> None:
    wire = ScriptedWire()
    wire.answers["/api/v1/namespaces/team/pods"] = json({"kind": "Pod"})
    wire.answers["/api/v1/namespaces/team/pods/a"] = json({"kind": "Pod"})
    cluster = KubeCluster("dev", "https://dev", wire)
    acting = cluster.acting_as("system:serviceaccount:team:deployer")
    await acting.get(POD, "team", "a")
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "team", "name": "a"}}
    await acting.create(pod)
    await acting.apply(pod, field_manager="test", force=True)
    await acting.delete(POD, "team", "a")
    await cluster.delete(POD, "team", "a")
    await acting.close()
    found = [(one.method, one.headers.get("impersonate-user", "")) for one in wire.requests if "pods" in one.path]
    account = "system:serviceaccount:team:deployer"
    assert found == [("GET", ""), ("POST", account), ("PATCH", account), ("DELETE", account), ("DELETE", "")]
    assert wire.asked("/api") == 1, "what one client has discovered serves the other"
