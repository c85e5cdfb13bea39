"""What real kubectl shows of the custom kinds."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio
from tests.dock.conftest import kubectl as _kubectl

from dokaseca.bridge import manifests

pytestmark = pytest.mark.asyncio(loop_scope="module")
kubectl = _kubectl  # the fixture of the dock's own tests

APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "web", "namespace": "argocd"},
    "spec": {
        "project": "default",
        "destination": {"name": "dev", "namespace": "web"},
        "source": {"repoURL": "https://git.test/apps.git", "path": "web"},
    },
    "status": {"sync": {"status": "OutOfSync", "revision": "abc"}, "health": {"status": "Degraded"}},
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hub(kubectl):
    """kubectl on a cluster whose definitions came through `kubectl apply`, as a person would do it."""
    await kubectl.ok("apply", "-f", "-", stdin="\n---\n".join(json.dumps(one) for one in manifests.crds()))
    names = [f"crd/{one['metadata']['name']}" for one in manifests.crds()]
    await kubectl.ok("wait", "--for=condition=Established", "--timeout=10s", *names)
    await kubectl.ok("create", "namespace", "argocd")
    await kubectl.ok("apply", "-f", "-", stdin=json.dumps(APPLICATION))
    return kubectl


async def test_applications_of_all_namespaces_show_sync_and_health(hub):
    for name in ("applications", "app", "apps"):
        heading, row = (await hub.ok("get", name, "-A")).splitlines()
        assert heading.split("  ")[0] == "NAMESPACE"
        assert [part.strip() for part in heading.split("  ") if part.strip()] == [
            "NAMESPACE",
            "NAME",
            "SYNC STATUS",
            "HEALTH STATUS",
        ]
        assert row.split() == ["argocd", "web", "OutOfSync", "Degraded"]


async def test_wide_adds_revision_and_project(hub):
    heading, row = (await hub.ok("get", "app", "-n", "argocd", "-o", "wide")).splitlines()
    assert heading.split() == ["NAME", "SYNC", "STATUS", "HEALTH", "STATUS", "REVISION", "PROJECT"]
    assert row.split() == ["web", "OutOfSync", "Degraded", "abc", "default"]


async def test_every_short_name_and_the_category_are_known(hub):
    for name in ("appset", "appsets", "appproj", "appprojs", "cl", "cluster-api"):
        assert "No resources found" in (await hub("get", name, "-A")).err


async def test_explain_describes_fields(hub):
    text = await hub.ok("explain", "application.spec.syncPolicy.automated.selfHeal")
    assert "selfHeal <boolean>" in text
    assert "Undo changes that were made in the cluster." in text


async def test_a_wrong_type_is_refused_with_the_field(hub):
    bad = json.loads(json.dumps(APPLICATION))
    bad["metadata"]["name"] = "bad"
    bad["spec"]["source"]["path"] = 5
    answer = await hub("create", "--validate=false", "-f", "-", stdin=json.dumps(bad))
    assert answer.code == 1
    assert "spec.source.path in body must be of type string" in answer.err
