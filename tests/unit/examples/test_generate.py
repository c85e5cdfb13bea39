"""The ApplicationSets, expanded for the four clusters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.unit.examples.conftest import Rendered

from dokaseca.model import application_set
from dokaseca.model import manifest as manifests
from dokaseca.policy import project as projects

ADDONS = [
    "addon-dev-argo-rollouts",
    "addon-dev-cert-manager",
    "addon-dev-external-secrets",
    "addon-dev-ingress-nginx",
    "addon-dev-kube-prometheus-stack",
    "addon-dev-kyverno",
    "addon-dev-metallb",
    "addon-dev-metrics-server",
    "addon-dev-priority-classes",
    "addon-hub-cert-manager",
    "addon-hub-kyverno",
    "addon-hub-metrics-server",
    "addon-hub-priority-classes",
    "addon-prod-cert-manager",
    "addon-prod-external-secrets",
    "addon-prod-kube-prometheus-stack",
    "addon-prod-kyverno",
    "addon-prod-metallb",
    "addon-prod-metrics-server",
    "addon-prod-priority-classes",
    "addon-stg-cert-manager",
    "addon-stg-external-secrets",
    "addon-stg-ingress-nginx",
    "addon-stg-kube-prometheus-stack",
    "addon-stg-kyverno",
    "addon-stg-metallb",
    "addon-stg-metrics-server",
    "addon-stg-priority-classes",
]
WORKLOADS = [
    "dev-team-a-catalog",
    "dev-team-a-storefront",
    "dev-team-b-notifications",
    "dev-team-b-payments",
    "dev-team-c-dashboards",
    "dev-team-c-notices",
    "dev-team-c-reports",
    "prod-team-a-catalog",
    "prod-team-a-storefront",
    "prod-team-b-notifications",
    "prod-team-b-payments",
    "stg-team-a-catalog",
    "stg-team-a-storefront",
    "stg-team-b-notifications",
    "stg-team-b-payments",
    "stg-team-c-dashboards",
    "stg-team-c-notices",
    "stg-team-c-reports",
]


def names(platform: Rendered) -> list[str]:
    return sorted(one.key.name for one in platform.applications)


def version(platform: Rendered, name: str) -> str:
    application = next(one for one in platform.applications if one.key.name == name)
    return next(source.target_revision for source in application.sources if source.chart)


def generators(spec: Any) -> Iterator[str]:
    """Every kind of generator that an ApplicationSet's spec uses, at any depth."""
    for entry in spec.get("generators") or ():
        for kind in set(entry) & set(application_set.GENERATOR_KINDS):
            yield f"git.{'files' if 'files' in entry[kind] else 'directories'}" if kind == "git" else kind
            yield from generators(entry[kind])


def test_the_four_clusters_get_exactly_these_applications(rendered: Rendered) -> None:
    assert names(rendered) == ADDONS + WORKLOADS


def test_the_flag_of_the_demo_adds_one_application(rendered: Rendered, flagged: Rendered) -> None:
    assert names(flagged) == sorted([*names(rendered), "addon-prod-ingress-nginx"])


def test_dev_runs_the_next_version_and_prod_is_pinned(rendered: Rendered) -> None:
    versions = {name: version(rendered, f"addon-{name}-metrics-server") for name in ("hub", "dev", "stg", "prod")}
    assert versions == {"hub": "1.0.0", "dev": "1.1.0", "stg": "1.0.0", "prod": "1.0.0"}


def test_only_application_sets_and_projects_come_to_the_hub_as_objects(rendered: Rendered) -> None:
    kinds = {name: {one["kind"] for one in objects} for name, objects in rendered.hub_objects.items()}
    assert kinds == {
        "bootstrap-addons": {"ApplicationSet", "AppProject"},
        "bootstrap-workloads": {"ApplicationSet", "AppProject"},
        "bootstrap-clusters": {"Namespace", "Cluster", "DockCluster"},
    }


def test_together_they_use_every_generator_and_both_template_languages(rendered: Rendered) -> None:
    specs = [one["spec"] for one in rendered.application_sets]
    assert {kind for spec in specs for kind in generators(spec)} == {
        *("clusters", "list", "matrix", "merge"),
        *("git.directories", "git.files"),
    }
    assert {bool(spec.get("goTemplate")) for spec in specs} == {True, False}
    assert all("missingkey=error" in spec["goTemplateOptions"] for spec in specs if spec.get("goTemplate"))


def test_nothing_of_a_template_is_left_in_an_application(rendered: Rendered, flagged: Rendered) -> None:
    for application in [*rendered.applications, *flagged.applications]:
        assert "{{" not in str(application.manifest), application.key.name


def test_every_application_is_allowed_by_its_project(flagged: Rendered) -> None:
    for application in flagged.applications:
        project = flagged.projects[application.project]
        cluster, namespace = application.destination.name, application.destination.namespace
        decisions = [projects.permits_source(project, source.repo_url) for source in application.sources]
        decisions.append(projects.permits_destination(project, f"https://{cluster}.test", cluster, namespace))
        assert [one.reason for one in decisions if not one.allowed] == [], application.key.name


def test_a_team_may_not_leave_its_namespace_nor_go_to_the_hub(rendered: Rendered) -> None:
    for team in ("team-a", "team-b", "team-c"):
        project = rendered.projects[team]
        assert projects.permits_destination(project, "https://dev.test", "dev", team).allowed
        assert not projects.permits_destination(project, "https://hub.test", "hub", team).allowed
        assert not projects.permits_destination(project, "https://dev.test", "dev", "kube-system").allowed
        assert not projects.permits_source(project, "https://git.test/elsewhere/other.git").allowed
        assert not projects.permits_kind(project, "", "Secret", namespaced=True).allowed
        assert not projects.permits_kind(project, "rbac.authorization.k8s.io", "ClusterRole", namespaced=False).allowed


def test_projects_come_before_the_applications_that_name_them(rendered: Rendered) -> None:
    waves = {
        name: manifests.annotations(one)["argocd.argoproj.io/sync-wave"] for name, one in rendered.projects.items()
    }
    assert waves == dict.fromkeys(("addons", "team-a", "team-b", "team-c"), "-10")
