"""Marking ApplicationSets for a refresh."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster

from dokaseca.controllers import application_set_refresh
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import ObjectKey

MARK = application_sets.REFRESH_ANNOTATION


def one(name: str, **annotations: str) -> Any:
    metadata = {"name": name, "namespace": "argocd", "annotations": annotations}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": metadata, "spec": {}}


async def test_each_is_marked_once_and_one_that_is_gone_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    hub = FakeCluster([application_sets.GVK])
    for name in ("a", "b"):
        await hub.create(one(name))
    with caplog.at_level(logging.WARNING, "dokaseca.generate"):
        assert await application_set_refresh.refresh(hub, [one("gone"), one("a"), one("b", **{MARK: "true"})]) == 1
    keys = [ObjectKey("argoproj.io", "ApplicationSet", "argocd", name) for name in ("a", "b")]
    assert [manifests.annotations(hub.objects[key]).get(MARK) for key in keys] == ["true", None]
    assert [record.message for record in caplog.records] == ["refresh failed"]
