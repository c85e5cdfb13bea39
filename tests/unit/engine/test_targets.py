"""Rendered manifests made ready for one cluster."""

from __future__ import annotations

from typing import Any

from tests.fakes.cluster import FakeCluster

from dokaseca.engine import targets
from dokaseca.model import application as applications
from dokaseca.model.application import Application
from dokaseca.model.identity import GroupVersionKind, ObjectKey

TRACKING = "argocd.argoproj.io/tracking-id"
CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
NAMESPACE = GroupVersionKind("", "v1", "Namespace")
JOB = GroupVersionKind("batch", "v1", "Job")
CRD = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
CLUSTER = FakeCluster([CONFIG_MAP, NAMESPACE, JOB, CRD])


def application(namespace: str = "team", home: str = "argocd") -> Application:
    return applications.view(
        {
            "metadata": {"name": "web", "namespace": home},
            "spec": {
                "source": {"repoURL": "https://git/repo", "path": "app"},
                "destination": {"name": "in-cluster", "namespace": namespace},
            },
        }
    )


def config_map(name: str, namespace: str = "", value: str = "") -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": value}}


def crd(scope: str) -> dict[str, Any]:
    spec = {"group": "example.com", "scope": scope, "names": {"kind": "Widget"}}
    name = {"name": "widgets.example.com"}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": name, "spec": spec}


WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}


async def test_an_object_without_a_namespace_goes_to_the_destination() -> None:
    prepared = await targets.prepare(application(), [config_map("a"), config_map("b", "other")], CLUSTER)
    assert [(key.namespace, key.name) for key in prepared.by_key] == [("team", "a"), ("other", "b")]
    prepared = await targets.prepare(application(namespace=""), [config_map("a")], CLUSTER)
    assert [key.namespace for key in prepared.by_key] == ["default"]


async def test_a_cluster_scoped_object_loses_its_namespace() -> None:
    rendered = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "namespace": "wrong"}}
    prepared = await targets.prepare(application(), [rendered], CLUSTER)
    [(key, target)] = prepared.by_key.items()
    assert key == ObjectKey("", "Namespace", "", "n")
    assert "namespace" not in target["metadata"]
    assert target["metadata"]["annotations"][TRACKING] == "web:/Namespace:team/n"


async def test_every_object_but_definitions_is_tracked() -> None:
    prepared = await targets.prepare(application(), [config_map("a"), crd("Cluster")], CLUSTER)
    ours, definition = prepared.by_key.values()
    assert ours["metadata"]["annotations"][TRACKING] == "web:/ConfigMap:team/a"
    assert "annotations" not in definition["metadata"]


async def test_an_application_elsewhere_tracks_under_its_namespace() -> None:
    prepared = await targets.prepare(application(home="apps"), [config_map("a")], CLUSTER)
    [target] = prepared.by_key.values()
    assert target["metadata"]["annotations"][TRACKING] == "apps_web:/ConfigMap:team/a"


async def test_of_repeated_objects_the_last_counts() -> None:
    rendered = [config_map("a", value="1"), config_map("b"), config_map("a", "team", "2"), config_map("a", value="3")]
    prepared = await targets.prepare(application(), rendered, CLUSTER, ["one", "two", "three", "four"])
    key = ObjectKey("", "ConfigMap", "team", "a")
    assert prepared.by_key[key]["data"] == {"key": "3"}
    assert prepared.repeated == {key: 3}
    assert prepared.origins[key] == "four"
    assert list(prepared.by_key)[-1] == key


async def test_a_kind_that_is_not_served_takes_its_scope_from_a_definition_beside_it() -> None:
    for scope, namespace in (("Cluster", ""), ("Namespaced", "team")):
        prepared = await targets.prepare(application(), [WIDGET, crd(scope)], CLUSTER)
        assert ObjectKey("example.com", "Widget", namespace, "w") in prepared.by_key
        assert prepared.missing_kinds == {GroupVersionKind("example.com", "v1", "Widget")}
        assert prepared.kinds == {CRD}


async def test_a_kind_that_nobody_knows_counts_as_namespaced() -> None:
    prepared = await targets.prepare(application(), [WIDGET], CLUSTER)
    assert list(prepared.by_key) == [ObjectKey("example.com", "Widget", "team", "w")]


async def test_hooks_without_a_name_do_not_take_each_others_place() -> None:
    hooks = [
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": prefix}} for prefix in ("one-", "two-")
    ]
    prepared = await targets.prepare(application(), hooks, CLUSTER)
    assert [key.name for key in prepared.by_key] == ["one-", "two-"]
    assert prepared.repeated == {}
