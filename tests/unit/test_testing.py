"""Clusters for tests, as other projects use them: in this process, and through the plugin in another one."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dokaseca import testing
from dokaseca.adapters import kubeconfig
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupVersionKind

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "test-with-a-cluster.md"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""


def threads() -> set[str]:
    return {one.name for one in threading.enumerate()} - {"MainThread"}


def test_a_cluster_is_one_line_and_leaves_nothing():
    before = threads()
    with testing.cluster() as cluster:
        assert "created" in cluster.apply(DEPLOYMENT)
        cluster.kubectl("rollout", "status", "deployment", "web", "--timeout=20s")
        nodes = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
        assert [one["metadata"]["name"] for one in nodes] == ["dock-node"]
        assert cluster.server_url in cluster.kubeconfig_path.read_text()
        port = int(cluster.server_url.rpartition(":")[2])
    assert not cluster.kubeconfig_path.parent.exists()
    assert threads() == before
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_cluster_answers_in_an_event_loop_even_to_who_blocks_it():
    async with testing.cluster(nodes=2) as cluster:
        client = kubeconfig.load(cluster.kubeconfig_path).open()
        try:
            listing = await client.list(GroupVersionKind("", "v1", "Node"))
        finally:
            await client.close()
        assert len(listing.items) == 2
        assert cluster.kubectl("get", "nodes", "-o", "name").split() == ["node/dock-node", "node/dock-node-2"]


def test_two_clusters_know_nothing_of_each_other():
    with testing.cluster() as one, testing.cluster() as other:
        one.kubectl("create", "namespace", "mine")
        with pytest.raises(
            testing.KubectlError, match=r'kubectl get namespace mine ended with code 1: .*"mine" not fo'
        ):
            other.kubectl("get", "namespace", "mine")


def test_without_simulator_objects_are_stored_and_nothing_happens_to_them():
    with testing.cluster(simulator=False) as cluster:
        cluster.apply(DEPLOYMENT)
        assert cluster.kubectl("get", "nodes,pods", "-o", "name") == ""


def test_state_in_a_folder_is_there_again(tmp_path):
    with testing.cluster(folder=tmp_path / "state") as cluster:
        cluster.kubectl("create", "namespace", "kept")
    with testing.cluster(folder=tmp_path / "state") as cluster:
        assert cluster.kubectl("get", "namespace", "kept", "-o", "name") == "namespace/kept\n"


def test_what_cannot_be_is_told_and_leaves_nothing():
    before = threads()
    with pytest.raises(UserError, match="nodes must be 1 or more"):
        testing.cluster(nodes=0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is in use"), testing.cluster(port=port):
            pass
    assert threads() == before


def test_importing_the_plugin_costs_nothing():
    code = """import sys, pytest
before = set(sys.modules)
import dokaseca.pytest_plugin
print(*set(sys.modules) - before)"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert set(said.split()) == {"dokaseca", "dokaseca.pytest_plugin"}


def test_the_documented_example_runs_with_the_installed_plugin(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) >= 2
    for number, block in enumerate(blocks):
        (tmp_path / f"test_{number}.py").write_text(block)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    without = [part for name in ("cacheprovider", "randomly", "asyncio") for part in ("-p", f"no:{name}")]
    argv = [sys.executable, "-m", "pytest", *without, str(tmp_path)]
    ended = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, timeout=100)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    tests = sum(block.count("def test_") for block in blocks)
    assert f"{tests} passed" in ended.stdout
