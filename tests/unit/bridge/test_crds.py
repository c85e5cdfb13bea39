"""The definitions, as a server serves them: names, columns, types, and nothing of a user's manifest lost."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.dock.client import CRDS, TABLE

from dokaseca.bridge import clusters_repo, manifests
from dokaseca.bridge.platform import ClusterSpec
from dokaseca.controllers import application_status
from dokaseca.generate import status as set_status
from dokaseca.kit import yaml_in
from dokaseca.kit.clock import FakeClock
from dokaseca.model.condition import Condition

ARGO = "/apis/argoproj.io/v1alpha1/namespaces/argocd/"
CLUSTERS = "/apis/cluster.x-k8s.io/{}/namespaces/clusters/clusters"
REAL = Path(__file__).parents[4] / "shared" / "realworld" / "dokaseca-addons" / "argocd" / "appsets"
SOURCE = {"repoURL": "https://git.test/apps.git", "path": "web", "targetRevision": "main"}
TIME = "2026-01-01T00:00:00Z"


def application(name: str = "web", **fields: Any) -> dict[str, Any]:
    spec = {"project": "default", "destination": {"name": "dev", "namespace": "web"}, "source": dict(SOURCE)}
    metadata = {"name": name, "namespace": "argocd"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec, **fields}


def application_set(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"name": "{{name}}"}, "spec": application()["spec"]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "web", "namespace": "argocd"},
        "spec": {"generators": [{"clusters": {}}], "template": template, **spec},
    }


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a dotted path (numbers index lists) replaced."""
    found = copy.deepcopy(document)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    holder: Any = found
    for part in parents:
        holder = holder.setdefault(part, {}) if isinstance(holder, dict) else holder[part]
    holder[last] = value
    return found


SchemaPath = tuple[str, ...]


def schemas() -> Iterator[tuple[SchemaPath, dict[str, Any]]]:
    """Every schema of every version, with the names on the way to it; a version's own schema has none."""
    for definition in manifests.crds():
        for version in definition["spec"]["versions"]:
            yield from _below((), version["schema"]["openAPIV3Schema"])


def _below(path: SchemaPath, schema: dict[str, Any]) -> Iterator[tuple[SchemaPath, dict[str, Any]]]:
    yield path, schema
    children = dict(schema.get("properties") or {})
    children |= {key: schema[key] for key in ("items", "additionalProperties") if key in schema}
    for name, child in children.items():
        yield from _below((*path, name), child)


async def test_every_definition_is_accepted_and_established(hub):
    for definition in manifests.crds():
        found = await hub.get(f"{CRDS}/{definition['metadata']['name']}")
        states = {one["type"]: one["status"] for one in found["status"]["conditions"]}
        assert states == {"NamesAccepted": "True", "Established": "True"}


async def test_kinds_short_names_and_subresources_are_those_of_argo_cd(hub):
    served = {one["name"]: one for one in (await hub.get("/apis/argoproj.io/v1alpha1"))["resources"]}
    assert {name: one.get("shortNames") for name, one in served.items()} == {
        "applications": ["app", "apps"],
        "applicationsets": ["appset", "appsets"],
        "applicationsets/status": None,
        "appprojects": ["appproj", "appprojs"],
    }
    assert all(one["namespaced"] for one in served.values())


async def test_columns_are_those_of_argo_cd(hub):
    await hub.post(ARGO + "applications", application(status={"sync": {"status": "Synced", "revision": "abc"}}))
    table = await hub.get(ARGO + "applications", accept=TABLE)
    columns = [(one["name"], one["priority"]) for one in table["columnDefinitions"]]
    assert columns == [("Name", 0), ("Sync Status", 0), ("Health Status", 0), ("Revision", 10), ("Project", 10)]
    assert table["rows"][0]["cells"] == ["web", "Synced", None, "abc", "default"]
    projects = await hub.get(ARGO + "appprojects", accept=TABLE)
    assert [one["name"] for one in projects["columnDefinitions"]] == ["Name", "Age"]


def test_schemas_are_structural_and_lose_nothing():
    """Every value has one type, and every object keeps what it does not list (Kubernetes: structural schemas)."""
    for path, schema in schemas():
        is_open = schema.get("x-kubernetes-preserve-unknown-fields") is True
        assert schema.get("type") or is_open or schema.get("x-kubernetes-int-or-string"), path
        assert not ("properties" in schema and "additionalProperties" in schema), path
        assert set(schema.get("required") or ()) <= set(schema.get("properties") or ()), path
        if schema.get("type") == "object" and path not in ((), ("metadata",)):
            assert is_open or "additionalProperties" in schema, path
        if schema.get("type") == "array":
            assert "items" in schema, path


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "spec.source.path",
            5,
            'spec.source.path: Invalid value: "integer": spec.source.path in body must be of type string',
        ),
        ("spec.source.helm.valueFiles", "values.yaml", "spec.source.helm.valueFiles in body must be of type array"),
        ("spec.source.helm.parameters", [{"name": "a", "value": 1}], "spec.source.helm.parameters[0].value in body"),
        ("spec.source.directory.recurse", "yes", "spec.source.directory.recurse in body must be of type boolean"),
        ("spec.source.kustomize.replicas", [{"name": "a"}], "spec.source.kustomize.replicas[0].count: Required value"),
        ("spec.source", {"path": "web"}, "spec.source.repoURL: Required value"),
        ("spec.sources", [{"repoURL": "x", "chart": 1}], "spec.sources[0].chart in body must be of type string"),
        ("spec.destination", "dev", "spec.destination in body must be of type object"),
        ("spec.syncPolicy.automated.prune", "true", "spec.syncPolicy.automated.prune in body must be of type boolean"),
        ("spec.syncPolicy.syncOptions", {"a": "b"}, "spec.syncPolicy.syncOptions in body must be of type array"),
        ("spec.syncPolicy.retry.limit", "5", "spec.syncPolicy.retry.limit in body must be of type integer"),
        ("spec.ignoreDifferences", [{"group": "apps"}], "spec.ignoreDifferences[0].kind: Required value"),
        ("spec.revisionHistoryLimit", 1.5, "spec.revisionHistoryLimit in body must be of type integer"),
        ("operation.sync.resources", [{"kind": "Pod"}], "operation.sync.resources[0].name: Required value"),
        ("status.history", [{"id": "1", "deployedAt": TIME}], "status.history[0].id in body must be of type integer"),
        ("spec", {"project": "default"}, "spec.destination: Required value"),
        ("spec", {"destination": {"name": "dev"}}, "spec.project: Required value"),
    ],
)
async def test_wrong_fields_of_an_application_are_refused_by_name(hub, path, value, message):
    body = changed(application(), path, value)
    assert message in (await hub.refused("POST", ARGO + "applications", body, code=422))["message"]


async def test_an_application_needs_a_spec(hub):
    body = application()
    del body["spec"]
    assert "spec: Required value" in (await hub.refused("POST", ARGO + "applications", body, code=422))["message"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spec.generators", {"clusters": {}}, "spec.generators in body must be of type array"),
        ("spec.generators.0.clusters.values", {"version": 1.5}, "spec.generators[0].clusters.values.version in body"),
        (
            "spec.generators.0.clusters.selector.matchLabels",
            {"a": True},
            "matchLabels.a in body must be of type string",
        ),
        ("spec.generators.0.git", {"revision": "main"}, "spec.generators[0].git.repoURL: Required value"),
        ("spec.generators.0.merge", {"generators": []}, "spec.generators[0].merge.mergeKeys: Required value"),
        ("spec.template.spec.source.path", 5, "spec.template.spec.source.path in body must be of type string"),
        ("spec.template.metadata.labels", {"a": 1}, "spec.template.metadata.labels.a in body must be of type string"),
        ("spec.syncPolicy.applicationsSync", "never", 'spec.syncPolicy.applicationsSync: Unsupported value: "never"'),
        ("spec.template", {"metadata": {}}, "spec.template.spec: Required value"),
        ("spec", {"template": {}}, "spec.generators: Required value"),
    ],
)
async def test_wrong_fields_of_an_application_set_are_refused_by_name(hub, path, value, message):
    body = changed(application_set(), path, value)
    assert message in (await hub.refused("POST", ARGO + "applicationsets", body, code=422))["message"]


async def test_wrong_fields_of_a_project_are_refused_by_name(hub):
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "a"}}
    path = ARGO + "appprojects"
    assert "spec: Required value" in (await hub.refused("POST", path, body, code=422))["message"]
    body["spec"] = {"clusterResourceWhitelist": [{"group": "*"}], "sourceRepos": "*"}
    message = (await hub.refused("POST", path, body, code=422))["message"]
    assert "spec.clusterResourceWhitelist[0].kind: Required value" in message
    assert "spec.sourceRepos in body must be of type array" in message


async def test_fields_that_no_schema_lists_are_kept_at_every_depth(hub):
    body = application(operation={"mine": 1, "sync": {"mine": {"a": [1]}}}, status={"sync": {"status": "x", "mine": 1}})
    body["spec"]["mine"] = {"deep": [{"er": None, "y": 1}]}
    body["spec"]["source"] |= {"mine": 1, "helm": {"mine": 1, "valuesObject": {"a": {"b": [1, {"c": "d"}]}}}}
    body["spec"]["source"]["kustomize"] = {"patches": [{"target": {"kind": "X", "mine": 1}, "mine": 2}]}
    body["spec"]["syncPolicy"] = {"mine": 1, "automated": {"mine": 1}, "retry": {"backoff": {"mine": 1}}}
    created = await hub.post(ARGO + "applications", body)
    for part in ("spec", "operation", "status"):
        assert created[part] == body[part]


async def test_what_the_application_controller_writes_is_valid_and_kept(hub):
    operation = {
        "initiatedBy": {"automated": True},
        "retry": {"limit": 5},
        "sync": {
            "prune": True,
            "syncOptions": ["CreateNamespace=true"],
            "revision": "abc",
            "autoHealAttemptsCount": 1,
            "resources": [{"kind": "Service", "name": "web", "namespace": "web"}],
        },
    }
    entry = {"group": "", "version": "v1", "kind": "Service", "namespace": "web", "name": "web", "status": "Synced"}
    pinned = {"revision": "abc", "source": SOURCE}
    status = {
        "sync": {"status": "Synced", "comparedTo": {"source": SOURCE, "destination": {"name": "dev"}}, "revision": "a"},
        "health": {"status": "Healthy", "lastTransitionTime": TIME},
        "resources": [{"kind": "Service", "name": "web", "status": "Synced", "syncWave": -1, "requiresPruning": True}],
        "resourceHealthSource": "",
        "summary": {"images": ["nginx:1"], "externalURLs": ["http://web/"]},
        "operationState": {
            "operation": operation,
            "phase": "Running",
            "message": "",
            "startedAt": TIME,
            "retryCount": 1,
            "syncResult": {
                **pinned,
                "resources": [{**entry, "message": "", "hookPhase": "Running", "syncPhase": "Sync"}],
            },
        },
        "history": [{**pinned, "id": 0, "deployedAt": TIME, "deployStartedAt": TIME, "initiatedBy": {}}],
        "reconciledAt": TIME,
        "controllerNamespace": "argocd",
    }
    created = await hub.post(ARGO + "applications", application(operation=operation))
    assert created["operation"] == operation
    path = ARGO + "applications/web"
    written = await hub.patch(path, {"status": status, "operation": None})
    assert written["status"] == status
    assert "operation" not in written
    failed = application_status.of_error(written, Condition("ComparisonError", "no such path"), FakeClock().now())
    assert (await hub.patch(path, {"status": failed}))["status"]["conditions"][0]["message"] == "no such path"


async def test_what_the_application_set_controller_writes_is_valid_and_kept(hub):
    created = await hub.post(ARGO + "applicationsets", application_set() | {"status": {"conditions": []}})
    assert "status" not in created
    child = application(status={"sync": {"status": "Synced"}, "health": {"status": "Healthy"}})
    status = set_status.status({}, set_status.Outcome(), [child], TIME)
    path = ARGO + "applicationsets/web/status"
    written = await hub.patch(path, {"status": status})
    assert written["status"] == status
    bad = {"status": {**status, "resourcesCount": "1"}}
    refused = await hub.refused("PATCH", path, bad, code=422, content="application/merge-patch+json")
    assert "status.resourcesCount in body must be of type integer" in refused["message"]


async def test_generators_keep_what_is_nested_in_them(hub):
    nested = {"git": {"repoURL": "x", "revision": "main", "files": [{"path": "a/*.json"}], "mine": 1}}
    merged = {"merge": {"generators": [nested, {"list": {"elements": [{"a": {"b": [1]}}, {"c": None}]}}]}}
    merged["merge"]["mergeKeys"] = ["server"]
    generators = [
        {"matrix": {"generators": [merged, {"clusters": {"values": {"a": "b"}}}]}},
        {"list": {"elements": [{"a": 1, "b": {"c": [True]}}, "text"], "elementsYaml": "[]"}},
        {"pullRequest": {"github": {"owner": "me", "labels": ["preview"]}, "requeueAfterSeconds": 60}},
        {
            "scmProvider": {"gitea": {"owner": "me"}},
            "selector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
        },
        {"someday": {"new": 1}},
    ]
    steps = [{"matchExpressions": [{"key": "env", "operator": "In", "values": ["dev"]}], "maxUpdate": "50%"}]
    strategy = {"type": "RollingSync", "rollingSync": {"steps": [*steps, {"maxUpdate": 1}]}}
    body = application_set(generators=generators, strategy=strategy, templatePatch="spec: {}", goTemplate=True)
    created = await hub.post(ARGO + "applicationsets", body)
    assert created["spec"] == body["spec"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real-world addons repository is not beside this one")
async def test_a_real_repository_applies_with_nothing_lost(hub):
    files = sorted(REAL.rglob("*.yaml"))
    assert len(files) == 169
    plural = {"ApplicationSet": "applicationsets", "AppProject": "appprojects"}
    for file in files:
        written = yaml_in.load(file.read_bytes(), subject=file.name)
        path = f"{ARGO}{plural[written['kind']]}/{written['metadata']['name']}"
        applied = await hub.apply(path, written, force="true")
        assert applied["spec"] == written["spec"], file.name
        assert applied["metadata"].get("annotations") == written["metadata"].get("annotations"), file.name
    assert len((await hub.get(ARGO + "applicationsets"))["items"]) == 168


async def test_the_clusters_repository_applies_and_shows_class_phase_and_version(hub):
    cluster, dock = clusters_repo.manifests(ClusterSpec("dev", "dev", annotations={"owner": "team-a"}))
    created = await hub.post(CLUSTERS.format("v1beta1"), cluster)
    assert created["spec"] == cluster["spec"]
    assert created["metadata"]["labels"] == cluster["metadata"]["labels"]
    await hub.patch(CLUSTERS.format("v1beta1") + "/dev/status", {"status": {"phase": "Provisioned"}})
    await hub.post("/apis/infrastructure.dokaseca.dev/v1alpha1/namespaces/clusters/dockclusters", dock)
    for version in ("v1beta1", "v1beta2"):
        table = await hub.get(CLUSTERS.format(version), accept=TABLE)
        assert [one["name"] for one in table["columnDefinitions"]] == [
            "Name",
            "ClusterClass",
            "Phase",
            "Age",
            "Version",
        ]
        cells = table["rows"][0]["cells"]
        assert (cells[0], cells[1], cells[2], cells[4]) == ("dev", "dock", "Provisioned", "v1.36.0")
    served = {one["name"]: one for one in (await hub.get("/apis/cluster.x-k8s.io/v1beta1"))["resources"]}
    assert served["clusters"]["shortNames"] == ["cl"]
    assert served["clusters"]["categories"] == ["cluster-api"]


async def test_a_cluster_in_the_newer_version_is_kept_and_served_in_both(hub):
    spec = {
        "infrastructureRef": {"apiGroup": "infrastructure.dokaseca.dev", "kind": "DockCluster", "name": "dev"},
        "topology": {"classRef": {"name": "dock"}, "version": "v1.36.0", "workers": {"machineDeployments": []}},
    }
    body = {"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster", "metadata": {"name": "dev"}, "spec": spec}
    await hub.post(CLUSTERS.format("v1beta2"), body)
    found = await hub.get(CLUSTERS.format("v1beta1") + "/dev")
    assert (found["apiVersion"], found["spec"]) == ("cluster.x-k8s.io/v1beta1", spec)
    body = changed({**body, "metadata": {"name": "stg"}}, "spec.topology.version", 1.36)
    refused = await hub.refused("POST", CLUSTERS.format("v1beta2"), body, code=422)
    assert "spec.topology.version in body must be of type string" in refused["message"]


async def test_a_dock_cluster_has_an_endpoint_and_a_status_of_its_own(hub):
    path = "/apis/infrastructure.dokaseca.dev/v1alpha1/namespaces/clusters/dockclusters"
    endpoint = {"host": "127.0.0.1", "port": 6443}
    body = {"apiVersion": "infrastructure.dokaseca.dev/v1alpha1", "kind": "DockCluster", "metadata": {"name": "dev"}}
    await hub.post(path, body | {"spec": {"controlPlaneEndpoint": endpoint}})
    await hub.patch(path + "/dev/status", {"status": {"ready": True}})
    table = await hub.get(path, accept=TABLE)
    assert [one["name"] for one in table["columnDefinitions"]] == ["Name", "Ready", "Host", "Port", "Age"]
    assert table["rows"][0]["cells"][:4] == ["dev", True, "127.0.0.1", 6443]
    bad = {"spec": {"controlPlaneEndpoint": {"host": "", "port": 70000}}}
    message = (await hub.refused("POST", path, changed(body, "metadata.name", "b") | bad, code=422))["message"]
    assert "spec.controlPlaneEndpoint.host in body should be at least 1 chars long" in message
    assert "spec.controlPlaneEndpoint.port in body should be less than or equal to 65535" in message
