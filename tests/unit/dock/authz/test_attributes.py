import pytest

from dokaseca.dock.authz.attributes import Attributes, of_request, quoted
from dokaseca.ports.wire import WireRequest

PODS = "/api/v1/namespaces/a/pods"


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", PODS, {}, Attributes("list", "", "pods", namespace="a")),
        ("GET", PODS, {"watch": "true"}, Attributes("watch", "", "pods", namespace="a")),
        ("GET", "/api/v1/watch/namespaces/a/pods", {}, Attributes("watch", "", "pods", namespace="a")),
        ("GET", "/api/v1/watch", {}, Attributes("watch")),
        ("GET", PODS, {"fieldSelector": "metadata.name=x"}, Attributes("list", "", "pods", namespace="a", name="x")),
        (
            "GET",
            PODS,
            {"fieldSelector": "status.phase=Up,metadata.name==x", "watch": "1"},
            Attributes("watch", "", "pods", namespace="a", name="x"),
        ),
        ("GET", PODS, {"fieldSelector": "metadata.name!=x"}, Attributes("list", "", "pods", namespace="a")),
        ("GET", PODS + "/x", {}, Attributes("get", "", "pods", namespace="a", name="x")),
        ("GET", PODS + "/x", {"watch": "true"}, Attributes("watch", "", "pods", namespace="a", name="x")),
        ("HEAD", PODS + "/x", {}, Attributes("get", "", "pods", namespace="a", name="x")),
        ("GET", PODS + "/x/log", {}, Attributes("get", "", "pods", "log", "a", "x")),
        ("POST", PODS, {}, Attributes("create", "", "pods", namespace="a")),
        ("PUT", PODS + "/x", {}, Attributes("update", "", "pods", namespace="a", name="x")),
        ("PATCH", PODS + "/x", {}, Attributes("patch", "", "pods", namespace="a", name="x")),
        ("DELETE", PODS + "/x", {}, Attributes("delete", "", "pods", namespace="a", name="x")),
        ("DELETE", PODS, {}, Attributes("deletecollection", "", "pods", namespace="a")),
        ("GET", "/api/v1/namespaces", {}, Attributes("list", "", "namespaces")),
        ("GET", "/api/v1/namespaces/a", {}, Attributes("get", "", "namespaces", namespace="a", name="a")),
        ("PUT", "/api/v1/namespaces/a/status", {}, Attributes("update", "", "namespaces", "status", "a", "a")),
        ("GET", "/apis/apps/v1/deployments", {}, Attributes("list", "apps", "deployments")),
        (
            "GET",
            "/apis/apps/v1/namespaces/a/deployments/x/scale",
            {},
            Attributes("get", "apps", "deployments", "scale", "a", "x"),
        ),
        ("GET", "/apis/none.example/v1/things", {}, Attributes("list", "none.example", "things")),
        ("GET", "/apis/apps/v1", {}, Attributes("get", path="/apis/apps/v1")),
        ("POST", "/apis", {}, Attributes("post", path="/apis")),
        ("GET", "/metrics", {}, Attributes("get", path="/metrics")),
        ("GET", "/", {}, Attributes("get", path="/")),
    ],
)  # fmt: skip
def test_a_request_asks_for_a_verb_on_a_resource_or_path(method, path, query, expected):
    assert of_request(WireRequest(method, path, tuple(query.items()))) == expected


def test_texts_are_quoted_as_the_server_quotes_them():
    assert quoted('a"b\\c\n') == '"a\\"b\\\\c\\n"'
