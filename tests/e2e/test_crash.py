"""kill -9 at any moment: the next start converges to the same state, with nothing lost and nothing twice."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from tests.e2e.harness import Up

from dokaseca.model import manifest as manifests

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

KILLS = 20
LONGEST_SECONDS = 6.0  # from the first file to well after convergence
CONTEXTS = ("hub", "dev", "stg", "prod")
KINDS = "namespaces,deployments,statefulsets,daemonsets,services,configmaps,secrets,customresourcedefinitions"
HUB_KINDS = f"{KINDS},applications,applicationsets,appprojects,clusters.cluster.x-k8s.io"

State = dict[tuple[str, str, str, str], str]


def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    reference = Up(tmp_path / "reference" / "p")
    reference.converged()
    expected = _state(reference)
    assert reference.stop() == 0

    seed = random.SystemRandom().randrange(2**32)
    moments = random.Random(seed)
    seen: State = {}
    folder = tmp_path / "killed" / "p"
    for _ in range(KILLS):
        up = Up(folder)
        try:
            up.process.wait(timeout=moments.uniform(0.05, LONGEST_SECONDS))
        except subprocess.TimeoutExpired:
            pass
        else:
            pytest.fail(f"seed {seed}: up ended by itself: {up.said()}")
        if (folder / "kubeconfig").exists() and up.lines:
            seen |= _acknowledged(up)
        up.kill()

    assert seen, f"seed {seed}: no kill came after anything was acknowledged"
    final = Up(folder)
    final.converged()
    found = _state(final)
    assert sorted(found) == sorted(expected), f"seed {seed}"
    assert {key: found.get(key) for key in seen} == seen, f"seed {seed}: an acknowledged object was made anew or lost"
    assert final.stop() == 0


def _state(up: Up) -> State:
    """Object to uid, of everything whose name is not made up at random."""
    state: State = {}
    for context in CONTEXTS:
        for one in up.objects(context, HUB_KINDS if context == "hub" else KINDS, "-A"):
            state[(context, one["kind"], manifests.namespace(one), manifests.name(one))] = manifests.uid(one)
    return state


def _acknowledged(up: Up) -> State:
    """What a client was told to exist, just before the kill; what does not answer yet has told nothing."""
    told: State = {}
    ended = up.kubectl(
        "hub",
        "get",
        "namespaces,secrets,applications,clusters.cluster.x-k8s.io",
        "-A",
        "--no-headers",
        "-o",
        "custom-columns=K:.kind,N:.metadata.namespace,M:.metadata.name,U:.metadata.uid",
    )
    for line in ended.out.splitlines():
        parts = line.split()
        if len(parts) == 4:
            kind, namespace, name, uid = parts
            told[("hub", kind, "" if namespace == "<none>" else namespace, name)] = uid
    return told
