from __future__ import annotations

from typing import Any

import pytest
from tests.unit.controllers.set_hub import KEY, TEMPLATE, running

from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest


async def test_children_and_status_follow_the_clusters() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        await hub.create()
        await hub.settle()
        assert hub.names() == ["addon-a"]
        hub.register("b", env="dev")
        await hub.settle()
        assert hub.names() == ["addon-a", "addon-b"]
        status = hub.sets()[0]["status"]
        assert status["resourcesCount"] == 2
        assert [line["name"] for line in status["resources"]] == ["addon-a", "addon-b"]
        assert hub.condition("ResourcesUpToDate")["status"] == "True"
        child = hub.cluster.of_kind("Application")[0]
        assert manifests.metadata(child)["ownerReferences"][0]["uid"] == manifests.uid(hub.sets()[0])


async def test_a_second_reconcile_writes_nothing() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        await hub.create()
        await hub.settle()
        writes = len(hub.cluster.writes)
        await hub.settle()
        assert len(hub.cluster.writes) == writes


async def test_a_child_edited_by_hand_comes_back_and_keeps_its_status() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        await hub.create()
        await hub.settle()
        old = hub.cluster.of_kind("Application")[0]
        patch = {"spec": {"source": {"repoURL": "mine"}}, "status": {"sync": {"status": "Synced"}}}
        new = await hub.cluster.patch(applications.GVK, "argocd", "addon-a", patch)
        hub.controller.on_application(manifests.key(new), old, new)  # type: ignore[arg-type]
        await hub.drain()
        child = hub.cluster.of_kind("Application")[0]
        assert child["spec"]["source"]["repoURL"] == "r"
        assert child["status"]["sync"]["status"] == "Synced"


async def test_a_cluster_that_no_longer_matches_loses_its_application() -> None:
    async with running() as hub:
        secret = hub.register("a", env="dev")
        await hub.create(syncPolicy={"preserveResourcesOnDeletion": True})
        await hub.settle()
        hub.relabel(secret, {"env": "prod"})
        hub.controller.on_cluster_secret(NamespacedName("argocd", "cluster-a"), secret, hub.secrets[0])
        await hub.drain()
        assert hub.names() == []


async def test_an_error_touches_no_application() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        await hub.create()
        await hub.settle()
        await hub.edit({"spec": {"goTemplate": True}})
        await hub.edit({"spec": {"template": {"metadata": {"name": "x-{{ nosuch }}"}}}})
        await hub.settle()
        assert hub.names() == ["addon-a"]
        assert hub.condition("ErrorOccurred")["reason"] == "RenderTemplateParamsError"
        assert 'function "nosuch" not defined' in hub.condition("ErrorOccurred")["message"]
        assert hub.condition("ParametersGenerated")["status"] == "False"
        assert hub.sets()[0]["status"]["health"]["status"] == "Degraded"


async def test_a_spec_that_cannot_be_read_is_told_in_its_status() -> None:
    async with running() as hub:
        await hub.create(generators="none")
        await hub.settle()
        assert "spec.generators must be a list" in hub.condition("ErrorOccurred")["message"]


async def test_a_cluster_secret_that_cannot_be_read_freezes_everything() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        await hub.create()
        await hub.settle()
        hub.secrets[0] = {**hub.secrets[0], "data": {**hub.secrets[0]["data"], "server": "???"}}
        await hub.settle()
        assert hub.names() == ["addon-a"]
        assert "data.server is not base64" in hub.condition("ErrorOccurred")["message"]


async def test_a_repository_that_vanishes_deletes_nothing_and_its_return_wakes() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        url = "/repos/addons.git"
        generators = [{"git": {"repoURL": url, "directories": [{"path": "*"}]}}]
        template = {**TEMPLATE, "metadata": {"name": "{{path.basename}}"}}
        template["spec"] = {**template["spec"], "destination": {"name": "a"}}
        hub.git.repositories[url] = {"one/f": "", "two/f": ""}
        await hub.create(generators=generators, template=template)
        await hub.settle()
        assert hub.names() == ["one", "two"]
        assert hub.followed == {url}
        del hub.git.repositories[url]
        hub.controller.on_repository(url)
        await hub.drain()
        assert hub.names() == ["one", "two"]
        assert hub.condition("ErrorOccurred")["reason"] == "ApplicationGenerationFromParamsError"
        hub.git.repositories[url] = {"one/f": "", "three/f": ""}
        hub.controller.on_repository(url)
        await hub.drain()
        assert "three" in hub.names()
        assert hub.condition("ErrorOccurred")["status"] == "False"


async def test_invalid_applications_are_told_and_retried_when_their_project_appears() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        hub.projects.clear()
        await hub.create()
        await hub.settle()
        assert hub.names() == []
        assert hub.condition("ErrorOccurred")["reason"] == "ApplicationValidationError"
        assert hub.condition("ParametersGenerated")["status"] == "True"
        hub.projects.add("default")
        hub.controller.on_project(NamespacedName("argocd", "default"), None, {"metadata": {}})
        await hub.drain()
        assert hub.names() == ["addon-a"]


async def test_an_unknown_destination_is_retried_when_its_cluster_appears() -> None:
    async with running() as hub:
        await hub.create(generators=[{"list": {"elements": [{"name": "late"}]}}])
        await hub.settle()
        assert hub.names() == []
        secret = hub.register("late")
        hub.controller.on_cluster_secret(NamespacedName("argocd", "cluster-late"), None, secret)
        await hub.drain()
        assert hub.names() == ["addon-late"]


async def test_one_failing_write_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        hub.register("b", env="dev")
        create = hub.cluster.create

        async def sometimes(manifest: Manifest, **options: Any) -> Manifest:
            if manifests.name(manifest) == "addon-a":
                raise TransientError("no answer")
            return await create(manifest, **options)

        await hub.create()
        monkeypatch.setattr(hub.cluster, "create", sometimes)
        await hub.settle()
        assert hub.names() == ["addon-b"]
        assert hub.condition("ErrorOccurred")["reason"] == "CreateApplicationError"
        assert hub.condition("ErrorOccurred")["message"] == "application addon-a: no answer"


async def test_a_stranded_child_is_deleted_without_its_cascade() -> None:
    async with running() as hub:
        hub.register("other", env="prod")
        secret = hub.register("a", env="dev")
        await hub.create()
        await hub.settle()
        assert manifests.metadata(hub.cluster.of_kind("Application")[0])["finalizers"]
        hub.secrets.remove(secret)
        hub.controller.on_cluster_secret(NamespacedName("argocd", "cluster-a"), secret, None)
        await hub.drain()
        assert hub.names() == []


async def test_the_refresh_annotation_is_taken_away() -> None:
    async with running() as hub:
        await hub.create(metadata={"annotations": {application_sets.REFRESH_ANNOTATION: "true"}})
        await hub.settle()
        assert application_sets.REFRESH_ANNOTATION not in manifests.annotations(hub.sets()[0])


async def test_a_refresh_looks_at_each_repository_now_and_is_answered_by_success_only() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        generators = [{"git": {"repoURL": url, "directories": [{"path": "*"}]}} for url in ("/one", "/two", "/one")]
        template = {
            "metadata": {"name": "{{path.basename}}"},
            "spec": {**TEMPLATE["spec"], "destination": {"name": "a"}},
        }
        hub.git.repositories["/one"] = {"x/f": ""}
        asked = {"annotations": {application_sets.REFRESH_ANNOTATION: "true"}}
        await hub.create(generators=generators, template=template, metadata=asked)
        await hub.settle()
        assert hub.refreshed == ["/one", "/two"]
        assert application_sets.REFRESH_ANNOTATION in manifests.annotations(hub.sets()[0])
        hub.git.repositories["/two"] = {"y/f": ""}
        await hub.settle()
        assert hub.refreshed == ["/one", "/two"] * 2
        assert application_sets.REFRESH_ANNOTATION not in manifests.annotations(hub.sets()[0])
        await hub.settle()
        assert len(hub.refreshed) == 4


async def test_a_policy_that_forbids_deletion_frees_the_children_first() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        await hub.create(
            metadata={"finalizers": [application_sets.FINALIZER]}, syncPolicy={"applicationsSync": "create-update"}
        )
        await hub.settle()
        await hub.cluster.delete(application_sets.GVK, "argocd", "set")
        await hub.settle()
        assert "ownerReferences" not in manifests.metadata(hub.cluster.of_kind("Application")[0])
        assert hub.sets() == [], "without finalizers it is gone"


async def test_only_changes_that_concern_a_set_wake_it() -> None:
    async with running() as hub:
        hub.register("a", env="dev")
        made = await hub.create()
        hub.controller.on_application_set(KEY, None, made)
        await hub.drain()
        status_only = hub.sets()[0]
        hub.controller.on_application_set(KEY, made, status_only)
        assert hub.controller.controller.queue.is_idle
        hub.controller.on_application_set(KEY, status_only, {**status_only, "spec": {}})
        assert not hub.controller.controller.queue.is_idle
        await hub.drain()
        other = {**hub.secrets[0], "metadata": {**hub.secrets[0]["metadata"], "labels": {"env": "x"}}}
        hub.controller.on_cluster_secret(
            KEY, other, {**other, "metadata": {**other["metadata"], "labels": {"env": "y"}}}
        )
        assert hub.controller.controller.queue.is_idle
        hub.controller.on_application_set(KEY, status_only, None)
        await hub.settle()
