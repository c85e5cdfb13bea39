"""How a cluster leaves the platform: workloads first, then addons, then its registration. Pure.

A registration that vanished at once would leave Applications without a cluster to clean up. So it is taken back in
steps, each of which lets ApplicationSets delete their Applications while the cluster is still reachable: the labels
that select workloads, those that select addons, and last, for ApplicationSets that select on anything else (an
environment, or every cluster), the Secret as a whole. The annotations keep the step over a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dokaseca.kit import clock
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.manifest import Manifest

STEP_ANNOTATION = "dokaseca.dev/retiring"
SINCE_ANNOTATION = "dokaseca.dev/retiring-since"
WORKLOADS, ADDONS, EVERYTHING = "workloads", "addons", "everything"
CALLED_OFF: Manifest = {"metadata": {"annotations": {STEP_ANNOTATION: None, SINCE_ANNOTATION: None}}}
ADDONS_PROJECT = "addons"
NAMES_SHOWN = 5
PATIENCE_SECONDS = 30.0  # ApplicationSets act on a changed Secret within one; an unreachable repository costs them 15
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


def next_step(registration: Manifest, applications: Iterable[Manifest], now: datetime) -> Withdraw | Wait | Deregister:
    """What to do now with a cluster that is to go.

    Args:
        registration: its Secret.
        applications: all that the hub holds.
    """
    step = manifests.annotations(registration).get(STEP_ANNOTATION, "")
    since = _since_or_none(registration)
    there = [one for one in applications if _is_on(one, registration)]
    if step not in (WORKLOADS, ADDONS, EVERYTHING) or since is None:
        return Withdraw(_patch(registration, WORKLOADS, now))
    concerned = [one for one in there if _is_workload(one)] if step == WORKLOADS else there
    if not concerned:
        return Withdraw(_patch(registration, ADDONS, now)) if step == WORKLOADS else Deregister()
    is_stuck = not any(map(manifests.is_deleting, concerned)) and (now - since).total_seconds() >= PATIENCE_SECONDS
    if is_stuck and step != EVERYTHING:
        return Withdraw(_patch(registration, EVERYTHING, now))
    return _wait(concerned, "; delete those that no ApplicationSet takes back" if is_stuck else "")


def is_retiring(registration: Manifest) -> bool:
    """Whether a step has been taken."""
    return STEP_ANNOTATION in manifests.annotations(registration)


def takes(application: Manifest, registrations: Iterable[Manifest]) -> bool:
    """Whether the Application is on a cluster that is leaving: its deletion was decided along with the cluster's."""
    return any(is_retiring(one) and _is_on(application, one) for one in registrations)


def is_hidden(registration: Manifest) -> bool:
    """Whether ApplicationSets must not see the Secret any more, while its cluster is still reachable."""
    return manifests.annotations(registration).get(STEP_ANNOTATION) == EVERYTHING


def _is_on(application: Manifest, registration: Manifest) -> bool:
    destination: Manifest = manifests.get(application, "spec", "destination", default={})
    names = {secrets.text(registration, "name"), manifests.name(registration)} - {""}
    server = secrets.text(registration, "server").rstrip("/")
    return destination.get("name") in names or (
        bool(server) and str(destination.get("server") or "").rstrip("/") == server
    )


def _is_workload(application: Manifest) -> bool:
    return bool(manifests.get(application, "spec", "project", default="") != ADDONS_PROJECT)


def _since_or_none(registration: Manifest) -> datetime | None:
    try:
        return clock.parse_rfc3339(manifests.annotations(registration).get(SINCE_ANNOTATION, ""))
    except ValueError:
        return None


def _patch(registration: Manifest, step: str, now: datetime) -> Manifest:
    """Turn off the labels of one step: flags become false and the type changes, for a label that is gone would break
    templates that read it."""
    labels = manifests.labels(registration)
    off = {name: "false" for name, value in labels.items() if _is_flag(name, value, step)}
    if step == WORKLOADS:
        off |= {name: "retiring" for name in ("type", "cluster_type") if name in labels}
    return {"metadata": {"labels": off, "annotations": {STEP_ANNOTATION: step, SINCE_ANNOTATION: clock.rfc3339(now)}}}


def _is_flag(name: str, value: str, step: str) -> bool:
    is_addon = name.startswith("enable_")
    return value == "true" and name not in _KEPT and step == (ADDONS if is_addon else WORKLOADS)


def _wait(applications: list[Manifest], advice: str) -> Wait:
    names = sorted(manifests.name(one) for one in applications)
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return Wait(f"waiting for applications {', '.join(names[:NAMES_SHOWN])}{more} to be deleted{advice}")
