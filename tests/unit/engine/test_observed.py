"""What our own writes did is known before the watch tells."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster

from dokaseca.engine.observed import ObservedCluster
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
CRD = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
OBJECT: Manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "team"}}


class Scene:
    def __init__(self) -> None:
        self.fake = FakeCluster([CONFIG_MAP, CRD])
        self.seen: list[Manifest] = []
        self.gone: list[ObjectKey] = []
        self.cluster = ObservedCluster(self.fake, self.seen.append, self.gone.append)


async def test_what_a_write_returned_is_observed() -> None:
    scene = Scene()
    made = await scene.cluster.create(OBJECT)
    patched = await scene.cluster.patch(CONFIG_MAP, "team", "a", {"data": {"key": "1"}})
    updated = await scene.cluster.update({**patched, "data": {"key": "2"}})
    applied = await scene.cluster.apply({**OBJECT, "data": {"key": "3"}}, field_manager="test", force=True)
    assert scene.seen == [made, patched, updated, applied]


@pytest.mark.parametrize("finalizers", [[], ["example.com/wait"]], ids=("gone", "held"))
async def test_a_deletion_is_observed(finalizers: list[str]) -> None:
    scene = Scene()
    await scene.cluster.create({**OBJECT, "metadata": {**OBJECT["metadata"], "finalizers": finalizers}})
    scene.seen.clear()
    await scene.cluster.delete(CONFIG_MAP, "team", "a")
    if finalizers:
        assert [bool(one["metadata"]["deletionTimestamp"]) for one in scene.seen] == [True]
        assert scene.gone == []
    else:
        assert scene.seen == []
        assert scene.gone == [ObjectKey("", "ConfigMap", "team", "a")]


async def test_a_definition_makes_the_client_look_for_its_kinds() -> None:
    scene = Scene()
    asked: list[bool] = []
    known = scene.fake.resources

    async def resources(*, refresh: bool = False) -> Any:
        asked.append(refresh)
        return await known(refresh=refresh)

    scene.fake.resources = resources  # type: ignore[method-assign]
    versions = [{"name": "v1", "served": True}, {"name": "v0", "served": False}]
    spec = {"group": "example.com", "names": {"kind": "Widget"}, "versions": versions}
    crd = {"apiVersion": CRD.api_version, "kind": CRD.kind, "metadata": {"name": "widgets.example.com"}, "spec": spec}
    await scene.cluster.create(crd)
    assert asked == [False, True]
    asked.clear()
    scene.fake = FakeCluster([CRD, GroupVersionKind("example.com", "v1", "Widget")])
    scene.fake.resources, known = resources, scene.fake.resources  # type: ignore[method-assign]
    await ObservedCluster(scene.fake, scene.seen.append, scene.gone.append).create(crd)
    assert asked == [False]
