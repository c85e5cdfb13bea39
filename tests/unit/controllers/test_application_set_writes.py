from __future__ import annotations

import pytest
from tests.fakes.cluster import FakeCluster

from dokaseca.controllers.application_set_recorder import Recorder
from dokaseca.controllers.application_set_writes import Writes
from dokaseca.generate.reconcile_plan import ReconcilePlan
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model.application_set import Reason
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

EVENT = GroupVersionKind("", "v1", "Event")
SET = {"kind": "ApplicationSet", "metadata": {"name": "one", "namespace": "argocd", "uid": "1"}}


def application(owner: str = "") -> Manifest:
    reference = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": owner, "uid": "2"}
    metadata = {"name": "web", "namespace": "argocd"}
    if owner:
        metadata["ownerReferences"] = [{**reference, "controller": True}]  # type: ignore[assignment]
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": {}}


@pytest.mark.parametrize(
    ("owner", "message"),
    [
        ("two", "application web is already owned by ApplicationSet two"),
        ("", "application web: web already exists"),
    ],
)
async def test_a_name_that_was_taken_meanwhile_is_told_with_its_owner(owner: str, message: str) -> None:
    hub = FakeCluster([applications.GVK, application_sets.GVK, EVENT], name="hub")
    seen: list[Manifest] = []
    await hub.create(application(owner))
    writes = Writes(hub, seen.append, Recorder(hub, FakeClock()))
    outcome = await writes.carry_out(SET, ReconcilePlan(create=(application(),)))
    assert (outcome.reason, outcome.error) == (Reason.CREATE_ERROR, message)
    assert [one["metadata"]["name"] for one in seen] == ["web"]  # the next plan knows of it
    assert hub.writes.count(("create", "Application", "web")) == 1
