"""How a cluster leaves the platform: workloads first, then addons, then its registration. Pure.

A registration that vanished at once would leave Applications without a cluster to clean up. So its labels are taken
back in two steps: each lets the ApplicationSets that select on them delete their Applications, while the cluster is
still reachable. The annotation keeps the step over a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.manifest import Manifest

STEP_ANNOTATION = "dokaseca.dev/retiring"
WORKLOADS, ADDONS = "workloads", "addons"
ADDONS_PROJECT = "addons"
NAMES_SHOWN = 5
_KEPT = frozenset({"enable_argocd"})


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Patch the Secret with this (a JSON merge patch)."""

    patch: Manifest


@dataclass(frozen=True, slots=True)
class Wait:
    """Applications are still there; `message` names them."""

    message: str


@dataclass(frozen=True, slots=True)
class Deregister:
    """Nothing is left on the cluster: delete the Secret, then the cluster."""


def next_step(registration: Manifest, applications: Iterable[Manifest]) -> Withdraw | Wait | Deregister:
    """What to do now with a cluster that is to go.

    Args:
        registration: its Secret.
        applications: all that the hub holds.
    """
    step = manifests.annotations(registration).get(STEP_ANNOTATION, "")
    there = [one for one in applications if _is_on(one, registration)]
    workloads = [one for one in there if manifests.get(one, "spec", "project", default="") != ADDONS_PROJECT]
    if not step:
        return Withdraw(_patch(registration, WORKLOADS))
    if step == WORKLOADS:
        return _wait(workloads) if workloads else Withdraw(_patch(registration, ADDONS))
    return _wait(there) if there else Deregister()


def _is_on(application: Manifest, registration: Manifest) -> bool:
    destination: Manifest = manifests.get(application, "spec", "destination", default={})
    named = (secrets.text(registration, "name"), secrets.text(registration, "server"))
    return destination.get("name") == named[0] or destination.get("server") == named[1]


def _patch(registration: Manifest, step: str) -> Manifest:
    """Turn off the labels of one step: flags become false and the type changes, for a label that is gone would break
    templates that read it."""
    off = {name: "false" for name, value in manifests.labels(registration).items() if _is_flag(name, value, step)}
    if step == WORKLOADS:
        off |= {name: "retiring" for name in ("type", "cluster_type") if name in manifests.labels(registration)}
    return {"metadata": {"labels": off, "annotations": {STEP_ANNOTATION: step}}}


def _is_flag(name: str, value: str, step: str) -> bool:
    is_addon = name.startswith("enable_")
    return value == "true" and name not in _KEPT and is_addon == (step == ADDONS)


def _wait(applications: list[Manifest]) -> Wait:
    names = sorted(manifests.name(one) for one in applications)
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return Wait(f"waiting for applications {', '.join(names[:NAMES_SHOWN])}{more} to be deleted")
