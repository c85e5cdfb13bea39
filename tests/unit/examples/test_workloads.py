"""What teams run: per environment, and by the platform's own rules."""

from __future__ import annotations

from tests.unit.examples import stage
from tests.unit.examples.conftest import Rendered
from tests.unit.examples.stage import find

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.policy import project as projects

CLUSTER_KINDS = {"Namespace", "PriorityClass"}


def image(objects: list[Manifest], kind: str, name: str) -> str:
    return str(find(objects, kind, name)["spec"]["template"]["spec"]["containers"][0]["image"])


def hosts(objects: list[Manifest]) -> list[str]:
    return [rule["host"] for one in objects if one["kind"] == "Ingress" for rule in one["spec"]["rules"]]


def test_each_environment_runs_its_own_version(rendered: Rendered) -> None:
    images = {
        cluster: [
            image(rendered.objects[f"{cluster}-team-a-storefront"], "Deployment", "storefront"),
            image(rendered.objects[f"{cluster}-team-a-catalog"], "Deployment", "catalog"),
            image(rendered.objects[f"{cluster}-team-b-payments"], "Deployment", "payments"),
        ]
        for cluster in ("dev", "stg", "prod")
    }
    assert images == {
        "dev": ["storefront:1.5.0", "catalog:2.1.0", "payments:3.3.0"],
        "stg": ["storefront:1.4.2", "catalog:2.0.3", "payments:3.2.0"],
        "prod": ["storefront:1.4.1", "catalog:2.0.3", "payments:3.1.4"],
    }


def test_each_environment_has_its_own_hosts(rendered: Rendered) -> None:
    found = {name: hosts(objects) for name, objects in rendered.objects.items() if hosts(objects)}
    every = sorted(host for each in found.values() for host in each)
    assert len(every) == len(set(every))
    assert found["dev-team-a-storefront"] == ["storefront.dev.example"]
    assert found["prod-team-b-payments"] == ["payments.example"]
    assert found["stg-team-c-dashboards"] == ["dashboards.stg.example"]


def test_jsonnet_gets_what_the_list_says_of_a_cluster(rendered: Rendered) -> None:
    counts = {
        cluster: find(rendered.objects[f"{cluster}-team-c-dashboards"], "Deployment", "dashboards")["spec"]["replicas"]
        for cluster in ("dev", "stg")
    }
    assert counts == {"dev": 1, "stg": 2}


def test_reports_run_by_the_clock_of_their_environment(rendered: Rendered) -> None:
    schedules = {
        cluster: [
            one["spec"]["schedule"] for one in rendered.objects[f"{cluster}-team-c-reports"] if one["kind"] == "CronJob"
        ]
        for cluster in ("dev", "stg")
    }
    assert schedules == {"dev": ["0 */4 * * *"], "stg": ["30 2 * * *"]}


def test_the_catalog_comes_in_waves(rendered: Rendered) -> None:
    waves = {
        stage.identity(one): manifests.annotations(one).get("argocd.argoproj.io/sync-wave", "0")
        for one in rendered.objects["dev-team-a-catalog"]
    }
    assert waves == {
        "ConfigMap catalog-database": "0",
        "StatefulSet catalog-database": "0",
        "Service catalog-database": "0",
        "Job catalog-schema": "1",
        "Deployment catalog": "2",
        "Service catalog": "2",
    }


def test_payments_migrate_before_each_sync(rendered: Rendered) -> None:
    job = find(rendered.objects["prod-team-b-payments"], "Job", "payments-migration")
    assert manifests.annotations(job)["argocd.argoproj.io/hook"] == "PreSync"
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "payments:3.1.4"


def test_every_pod_keeps_the_policies_that_prod_enforces(flagged: Rendered) -> None:
    for name, objects in flagged.objects.items():
        for maker, spec in stage.pod_specs(objects):
            for container in spec["containers"]:
                requests = (container.get("resources") or {}).get("requests") or {}
                assert {"cpu", "memory"} <= set(requests), (name, maker)
                _, separator, tag = container["image"].partition(":")
                assert separator and tag != "latest", (name, maker)


def test_images_name_no_registry(flagged: Rendered) -> None:
    for name, objects in flagged.objects.items():
        for maker, spec in stage.pod_specs(objects):
            assert [one["image"] for one in spec["containers"] if "/" in one["image"]] == [], (name, maker)


def test_teams_make_only_what_their_project_allows(rendered: Rendered) -> None:
    for application in rendered.applications:
        if application.project == "addons":
            continue
        project = rendered.projects[application.project]
        for one in rendered.objects[application.key.name]:
            gvk, is_namespaced = manifests.gvk(one), one["kind"] not in CLUSTER_KINDS
            decision = projects.permits_kind(project, gvk.group, gvk.kind, namespaced=is_namespaced)
            assert decision.allowed, (application.key.name, decision.reason)
            assert manifests.namespace(one) in ("", application.destination.namespace)


def test_git_holds_no_secret(flagged: Rendered) -> None:
    kinds = {one["kind"] for objects in flagged.objects.values() for one in objects}
    assert "Secret" not in kinds
    assert {
        *("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Ingress", "HorizontalPodAutoscaler"),
        *("PodDisruptionBudget", "PersistentVolumeClaim", "NetworkPolicy", "APIService", "IngressClass"),
        *("ValidatingWebhookConfiguration", "CustomResourceDefinition", "PriorityClass", "ServiceMonitor"),
    } <= kinds
