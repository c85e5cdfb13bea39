"""Bringing clusters up and registering them; leaving is in `test_cluster_leaves`."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from tests.unit.controllers.cluster_hub import CLUSTER, REPOSITORIES, SECRET, Hub, run

from dokaseca.controllers.cluster import FINALIZER, INFRASTRUCTURE
from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.errors import TransientError, UserError
from dokaseca.model.identity import NamespacedName

LABELS = {"environment": "dev", "type": "workload", "team-a": "true", "enable_kyverno": "true"}


def test_a_cluster_comes_up_registered() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(labels=LABELS, annotations={"cost_center": "42"})
        await hub.settle()
        assert hub.provider.running == {"dev"}
        assert manifests.metadata(await hub.get())["finalizers"] == [FINALIZER]
        secret = await hub.registration()
        assert secret["type"] == "Opaque"
        assert manifests.labels(secret) == {
            "cluster_name": "dev",
            "enable_argocd": "true",
            "argocd.argoproj.io/secret-type": "cluster",
            **LABELS,
        }
        assert manifests.annotations(secret) == {
            "cluster_name": "dev",
            "environment": "dev",
            "cost_center": "42",
            **REPOSITORIES,
        }
        assert (secrets.text(secret, "name"), secrets.text(secret, "server")) == ("dev", "https://dev.test:6443")
        assert orjson.loads(secrets.text(secret, "config")) == {
            "tlsClientConfig": {"insecure": False, "caData": b64("CA"), "certData": b64("CERT"), "keyData": b64("KEY")}
        }

    run(scenario)


def test_its_kubeconfig_lies_where_cluster_api_clients_look() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create()
        await hub.settle()
        secret = await hub.cluster.get(SECRET, "clusters", "dev-kubeconfig")
        assert secret["type"] == "cluster.x-k8s.io/secret"
        assert manifests.labels(secret) == {"cluster.x-k8s.io/cluster-name": "dev"}
        config = yaml_in.load(secrets.text(secret, "value"), subject="kubeconfig")
        assert config["clusters"][0]["cluster"] == {
            "server": "https://dev.test:6443",
            "certificate-authority-data": b64("CA"),
        }
        assert config["current-context"] == "dev"

    run(scenario)


def test_its_status_says_so_and_keeps_what_others_say() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(paused=True)
        other = {"type": "Audited", "status": "True", "lastTransitionTime": "2025-01-01T00:00:00Z"}
        patch = {"status": {"conditions": [other], "failureReason": "none"}}
        await hub.cluster.patch(CLUSTER, "clusters", "dev", patch, subresource="status", field_manager="auditor")
        await hub.edit(CLUSTER, "clusters", "dev", {"spec": {"paused": None}})
        status = (await hub.get())["status"]
        conditions = status.pop("conditions")
        assert status == {
            "phase": "Provisioned",
            "infrastructureReady": True,
            "controlPlaneReady": True,
            "observedGeneration": 2,
            "failureReason": "none",
        }
        assert [one["type"] for one in conditions] == [
            "Ready",
            "InfrastructureReady",
            "ControlPlaneInitialized",
            "Audited",
        ]
        assert {one["status"] for one in conditions} == {"True"}
        assert conditions[-1] == other

    run(scenario)


def test_the_infrastructure_is_told_whenever_it_arrives() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create()
        await hub.settle()
        await hub.put("infrastructure.dokaseca.dev/v1alpha1", "DockCluster", "clusters", "dev", spec={})
        await hub.settle(2.0)
        found = await hub.cluster.get(INFRASTRUCTURE, "clusters", "dev")
        assert found["spec"]["controlPlaneEndpoint"] == {"host": "dev.test", "port": 6443}
        assert found["status"] == {"ready": True}

    run(scenario)


def test_a_second_reconcile_writes_nothing() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(labels=LABELS)
        await hub.put("infrastructure.dokaseca.dev/v1alpha1", "DockCluster", "clusters", "dev", spec={})
        await hub.settle(5.0)

        async def again() -> None:
            hub.controller.on_cluster(NamespacedName("clusters", "dev"))
            hub.controller.on_secret(NamespacedName("argocd", "hub"))

        calls = len(hub.provider.calls)
        assert await hub.writes_of(again) == 0
        assert len(hub.provider.calls) > calls

    run(scenario)


def test_labels_that_git_sets_are_set_back_and_those_added_by_hand_stay() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(labels=LABELS)
        await hub.settle()
        edited = {"enable_kyverno": "false", "team-a": None, "enable_extra": "true"}
        await hub.edit(SECRET, "argocd", "dev", {"metadata": {"labels": edited, "annotations": {"note": "mine"}}})
        labels = manifests.labels(await hub.registration())
        assert LABELS.items() <= labels.items()
        assert labels["enable_extra"] == "true"
        assert manifests.annotations(await hub.registration())["note"] == "mine"
        await hub.create(labels={**LABELS, "enable_kyverno": "false"})
        await hub.settle()
        assert manifests.labels(await hub.registration())["enable_kyverno"] == "false"
        await hub.create(labels={"environment": "dev"})
        await hub.settle()
        assert "team-a" not in manifests.labels(await hub.registration())

    run(scenario)


def test_a_registration_deleted_by_hand_comes_back() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create()
        await hub.settle()
        await hub.cluster.delete(SECRET, "argocd", "dev")
        await hub.settle()
        assert secrets.text(await hub.registration(), "server") == "https://dev.test:6443"

    run(scenario)


@pytest.mark.parametrize(
    "name", ["argocd.argoproj.io/secret-type", "kubectl.kubernetes.io/last", "dokaseca.dev/retiring", "cluster_name"]
)
def test_what_tools_wrote_for_themselves_and_the_hubs_name_are_not_passed_on(name: str) -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(labels={name: "hub"}, annotations={name: "everything"})
        await hub.settle()
        secret = await hub.registration()
        assert manifests.labels(secret).get(name) in (None, "dev", "cluster")
        assert manifests.annotations(secret).get(name) in (None, "dev")

    run(scenario)


# --- the hub's repositories -----------------------------------------------------------------------------------------


def test_the_hubs_repositories_are_passed_on_and_followed() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create()
        await hub.create("own", annotations={"addons_repo_url": "https://git.test/own.git"})
        await hub.settle()
        moved = {"addons_repo_url": "https://git.test/moved.git", "unrelated": "x"}
        await hub.edit(SECRET, "argocd", "hub", {"metadata": {"annotations": moved}})
        annotations = manifests.annotations(await hub.registration())
        assert annotations["addons_repo_url"] == "https://git.test/moved.git"
        assert "unrelated" not in annotations
        own = manifests.annotations(await hub.registration("own"))
        assert own["addons_repo_url"] == "https://git.test/own.git"
        assert own["charts_repo_url"] == REPOSITORIES["charts_repo_url"]

    run(scenario)


def test_repositories_stay_as_they_were_while_the_hubs_registration_is_missing() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create()
        await hub.settle()
        await hub.cluster.delete(SECRET, "argocd", "hub")
        await hub.settle()
        await hub.create(labels={"team-b": "true"})
        await hub.settle()
        secret = await hub.registration()
        assert manifests.labels(secret)["team-b"] == "true"
        assert REPOSITORIES.items() <= manifests.annotations(secret).items()

    run(scenario)


# --- whose is it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "holder"), [("hub", "the hub"), ("in-cluster", "Argo CD")])
def test_a_name_that_is_not_free_is_refused(name: str, holder: str) -> None:
    async def scenario(hub: Hub) -> None:
        before = await hub.registration("hub")
        await hub.create(name)
        await hub.settle()
        condition = await hub.condition(name)
        assert condition["status"] == "False"
        assert f"Cluster {name}: the name {name!r} is taken by {holder}" in condition["message"]
        assert (await hub.get(name))["status"]["phase"] == "Failed"
        assert hub.provider.calls == []
        assert await hub.registration("hub") == before
        await hub.delete(name)
        assert not await hub.exists(CLUSTER, "clusters", name)

    run(scenario)


def test_of_two_clusters_of_one_name_the_first_keeps_it_and_the_other_gets_it_afterwards() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(namespace="more", labels={"environment": "first"})
        await hub.settle()
        await hub.create(namespace="clusters", labels={"environment": "second"})  # in the same second
        await hub.settle()
        assert "is taken by Cluster more/dev" in (await hub.condition(namespace="clusters"))["message"]
        assert manifests.labels(await hub.registration())["environment"] == "first"
        await hub.delete(namespace="more")
        await hub.settle(10.0)
        assert (await hub.condition(namespace="clusters"))["status"] == "True"
        assert manifests.labels(await hub.registration())["environment"] == "second"

    run(scenario)


def test_a_cluster_registered_by_hand_is_not_overwritten() -> None:
    async def scenario(hub: Hub) -> None:
        data = {"name": b64("dev"), "server": b64("https://precious.test")}
        labels = {"argocd.argoproj.io/secret-type": "cluster"}
        await hub.put("v1", "Secret", "argocd", "by-hand", {"labels": labels}, data=data)
        await hub.create()
        await hub.settle()
        assert "is taken by Secret argocd/by-hand" in (await hub.condition())["message"]
        assert not await hub.exists(SECRET, "argocd", "dev")
        await hub.cluster.delete(SECRET, "argocd", "by-hand")
        await hub.settle(200.0)
        assert (await hub.condition())["status"] == "True"

    run(scenario)


def test_other_infrastructure_is_left_alone() -> None:
    async def scenario(hub: Hub) -> None:
        async def create() -> None:
            await hub.create(infrastructureRef={"kind": "DockerCluster", "name": "dev"})

        assert await hub.writes_of(create) == 1
        assert hub.provider.calls == []

    run(scenario)


@pytest.mark.parametrize(
    "parts", [{"paused": True}, {"annotations": {"cluster.x-k8s.io/paused": ""}}], ids=["spec", "annotation"]
)
def test_a_paused_cluster_is_left_as_it_is(parts: dict[str, Any]) -> None:
    async def scenario(hub: Hub) -> None:
        async def create() -> None:
            await hub.create(**parts)

        assert await hub.writes_of(create) == 1
        assert hub.provider.calls == []

    run(scenario)


# --- failures -------------------------------------------------------------------------------------------------------


def test_a_provider_that_fails_is_told_and_tried_again() -> None:
    async def scenario(hub: Hub) -> None:
        hub.provider.error = TransientError("the disk at https://me:secret@disk.test is full", reason="DiskFull")
        await hub.create()
        await hub.settle()
        condition = await hub.condition()
        assert condition["status"] == "False"
        assert condition["reason"] == "Failed"
        assert condition["message"] == "the disk at https://********@disk.test is full"
        assert not await hub.exists(SECRET, "argocd", "dev")
        hub.provider.error = None
        await hub.settle(6.0)
        assert await hub.condition() == {
            "type": "Ready",
            "status": "True",
            "reason": "Provisioned",
            "message": "",
            "lastTransitionTime": "2026-01-01T00:00:05Z",
        }

    run(scenario)


def test_a_failing_provider_is_not_hammered() -> None:
    async def scenario(hub: Hub) -> None:
        hub.provider.error = UserError("no such version", reason="Invalid")
        await hub.create()
        await hub.settle(170.0)
        assert len(hub.provider.calls) <= 3  # once for each of the three events: created, finalizer, status
        before = len(hub.provider.calls)
        await hub.settle(20.0)
        assert len(hub.provider.calls) == before + 1

    run(scenario)


def test_a_cluster_that_is_deleted_while_it_comes_up_is_no_error() -> None:
    async def scenario(hub: Hub) -> None:
        async def delete() -> None:
            await hub.cluster.delete(CLUSTER, "clusters", "dev")
            await hub.cluster.patch(CLUSTER, "clusters", "dev", {"metadata": {"finalizers": None}})

        hub.provider.meanwhile = delete
        await hub.create()
        await hub.settle(10.0)
        assert not await hub.exists(CLUSTER, "clusters", "dev")
        assert hub.controller.controller.queue.is_idle
        assert hub.provider.calls == [("ensure", "dev")]

    run(scenario)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
