"""Random requests to the dock's API: it may refuse anything, but never fail, hang, or answer what is no answer.

Run: `python -m fuzz.requests --seconds 60`.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from typing import Any

import orjson
from fuzz import support
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.kit.clock import FakeClock
from dokaseca.ports.wire import WireRequest, WireResponse

NAMES = ["a", "b", "web"]
CORE = "/api/v1/namespaces/default"
COLLECTIONS = [
    f"{CORE}/configmaps",
    f"{CORE}/secrets",
    f"{CORE}/services",
    f"{CORE}/pods",
    "/api/v1/namespaces",
    "/apis/apps/v1/namespaces/default/deployments",
    "/apis/apps/v1/namespaces/default/statefulsets",
    "/apis/batch/v1/namespaces/default/jobs",
    "/apis/batch/v1/namespaces/default/cronjobs",
    "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers",
    "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/example.com/v1/namespaces/default/widgets",
]
CONTENTS = [
    "application/json",
    "application/yaml",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/json-patch+json",
    "application/apply-patch+yaml",
    "application/vnd.kubernetes.protobuf",
]
ACCEPTS = [
    "",
    "application/json;as=Table;g=meta.k8s.io;v=v1",
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
]
QUERY = {
    "dryRun": ["All", "x"],
    "fieldManager": ["one", "two"],
    "fieldValidation": ["Strict", "Warn", "Ignore"],
    "force": ["true"],
    "labelSelector": ["a=b", "a in (b,c)", "!a", "a", "(", ",", "a=b,c!=d"],
    "fieldSelector": ["metadata.name=a", "status.phase!=Running", "=", "spec.nodeName="],
    "limit": ["1", "0", "-1", "x", "99999999999999999999"],
    "continue": ["x", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOlsiIiwiIl19"],
    "resourceVersion": ["0", "1", "30", "x", "99999999999999999999"],
    "resourceVersionMatch": ["Exact", "NotOlderThan", "x"],
    "propagationPolicy": ["Foreground", "Orphan", "x"],
    "watch": ["true"],
    "timeoutSeconds": ["1"],
    "sendInitialEvents": ["true", "false"],
    "allowWatchBookmarks": ["true"],
}
# Words that objects are made of: keys that mean something somewhere, so that random nesting reaches real code.
KEYS = st.sampled_from(
    ["metadata", "spec", "status", "data", "name", "namespace", "labels", "annotations", "finalizers", "uid",
     "ownerReferences", "resourceVersion", "generateName", "managedFields", "containers", "template", "selector",
     "matchLabels", "matchExpressions", "replicas", "ports", "port", "env", "value", "image", "type", "conditions",
     "rules", "http", "paths", "backend", "schedule", "jobTemplate", "metrics", "names", "versions", "schema",
     "openAPIV3Schema", "properties", "items", "group", "kind", "plural", "scope", "$patch", "$retainKeys",
     "$setElementOrder/containers", "fieldsV1", "manager", "operation", "key", "operator", "values", "clusterIP",
     "resources", "limits", "cpu", "deletionTimestamp", "x-kubernetes-validations", "rule", "default"]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "a", "b", "web", "In", "Exists", "100m", "1Gi", "*/5 * * * *", "None", "delete", "merge", "true", "a/b"]
    ),
    st.text(max_size=8),
)
VALUES = st.recursive(
    LEAVES,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(KEYS, below, max_size=4)),
    max_leaves=20,
)
POD = {"containers": [{"name": "a", "image": "x", "env": [{"name": "A", "value": "b"}]}]}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": POD}
WHOLE: list[Any] = [
    {"data": {"a": "YQ=="}},
    {"spec": POD},
    {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE, "serviceName": "a"}},
    {"spec": {"template": {"spec": {**POD, "restartPolicy": "Never"}}}},
    {
        "spec": {
            "schedule": "* * * * *",
            "jobTemplate": {"spec": {"template": {"spec": {**POD, "restartPolicy": "Never"}}}},
        }
    },
    {"spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}},
    {"spec": {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {}}]}}]}},
    {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 3}},
    {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    {
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                }
            ],
        },
    },
]


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Objects that are right, or right but for one place; random values; operations; bytes."""
    shape = draw(st.integers(0, 9))
    if shape == 0:
        return draw(st.binary(max_size=40))
    if shape == 1:
        return orjson.dumps(draw(VALUES))
    if shape == 2:
        operation = st.fixed_dictionaries(
            {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": st.sampled_from(
                ["", "/spec", "/metadata/labels/a", "/metadata/name", "/spec/containers/0", "/data/a", "/x/-"])},
            optional={"value": VALUES, "from": st.sampled_from(["", "/spec", "/metadata"])},
        )  # fmt: skip
        return orjson.dumps(draw(st.lists(operation, max_size=3)))
    whole = orjson.loads(orjson.dumps(draw(st.sampled_from(WHOLE))))
    whole.setdefault("metadata", {}).setdefault("name", draw(st.sampled_from(NAMES)))
    if shape < 7:
        _spoil(draw, whole)
    return orjson.dumps(whole)


def _spoil(draw: st.DrawFn, value: Any) -> None:
    """Put something random somewhere into `value`."""
    while isinstance(value, dict | list) and value:
        keys: list[Any] = sorted(value) if isinstance(value, dict) else list(range(len(value)))
        key = draw(st.sampled_from(keys))
        if draw(st.integers(0, 2)) == 0 or not isinstance(value[key], dict | list):
            value[key] = draw(VALUES)
            return
        value = value[key]
    if isinstance(value, dict):
        value[draw(KEYS)] = draw(VALUES)


@st.composite
def requests(draw: st.DrawFn) -> WireRequest:
    path = draw(st.sampled_from(COLLECTIONS))
    if draw(st.booleans()):
        path += "/" + draw(st.sampled_from([*NAMES, "widgets.example.com"]))
        path += draw(st.sampled_from(["", "", "", "/status", "/scale", "/log", "/eviction"]))
    names = draw(st.lists(st.sampled_from(sorted(QUERY)), max_size=3, unique=True))
    query = tuple((name, draw(st.sampled_from(QUERY[name]))) for name in names)
    headers = {
        "content-type": draw(st.sampled_from(CONTENTS)),
        "user-agent": "fuzz",
        "accept": draw(st.sampled_from(ACCEPTS)),
    }
    method = draw(st.sampled_from(["GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE"]))
    body = b"" if method == "GET" else draw(bodies())
    return WireRequest(method, path, query, headers, body, "admin", ("system:masters",))


async def asked(given_requests: list[WireRequest]) -> None:
    """Every request's answer is one; afterwards the cluster still lists what it holds."""
    api = Api("fuzz", MemoryStorage(), clock=FakeClock(), ca_pem="CA")
    running = asyncio.get_running_loop().create_task(api.run())
    try:
        for request in given_requests:
            async with asyncio.timeout(10):
                check(request, await api.handle(request))
        for path in COLLECTIONS[:-1]:
            response = await api.handle(WireRequest("GET", path, user="admin", groups=("system:masters",)))
            assert response.status == 200, (path, response.body)
            orjson.loads(response.body)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.wait([running])
        api.close()


def check(request: WireRequest, response: WireResponse) -> None:
    """An answer that a client can read, and no failure of the server's own."""
    shown = (request.method, request.path, request.query, request.body, response.status, response.body)
    if response.stream is not None:
        assert response.status == 200, shown
        return
    if response.headers.get("Content-Type") == "application/json":
        document = orjson.loads(response.body)
        if response.status >= 400:
            assert document["kind"] == "Status", shown
            assert document["code"] == response.status, shown
            assert document.get("reason") != "InternalError", shown
    else:
        assert response.status in (200, 404), shown


def quiet(test: Callable[..., None]) -> Callable[..., None]:
    """`test` without the log lines of requests that are refused."""

    @functools.wraps(test)
    def silenced(*arguments: Any, **named: Any) -> None:
        logging.disable(logging.CRITICAL)
        try:
            test(*arguments, **named)
        finally:
            logging.disable(logging.NOTSET)

    return silenced


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(requests(), min_size=1, max_size=12))
@quiet
def any_requests_are_answered(given_requests: list[WireRequest]) -> None:
    asyncio.run(asked(given_requests))


LAWS = (any_requests_are_answered,)

if __name__ == "__main__":
    support.main("requests", LAWS)
