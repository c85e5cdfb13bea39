"""The platform at a glance: a row per cluster, and what still keeps it from being converged. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dokaseca.bridge import bootstrap
from dokaseca.bridge.retirement import ADDONS_PROJECT
from dokaseca.engine import destinations
from dokaseca.model import manifest as manifests
from dokaseca.model.application import IN_CLUSTER_SERVER
from dokaseca.model.application_set import IN_CLUSTER_NAME
from dokaseca.model.health import Health
from dokaseca.model.manifest import Manifest

REASONS_SHOWN = 20  # more than a screen of reasons helps nobody


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """One line of the final table; counts read `ready/all`; `applications` counts all, the bridge's own three too."""

    cluster: str
    applications: int
    environment: str
    addons: str
    workloads: str
    sync: str
    health: str
    time: str


@dataclass(frozen=True, slots=True)
class UpOutcome:
    """How far the platform is.

    Attributes:
        reasons: one sentence for each thing that is not Synced and Healthy, worst first; empty when converged.
        seconds: since `up` began.
        memory_bytes: resident, of all processes together.
    """

    converged: bool
    rows: tuple[ClusterRow, ...]
    reasons: tuple[str, ...]
    seconds: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the hub holds at one moment."""

    applications: Sequence[Manifest]
    application_sets: Sequence[Manifest]
    clusters: Sequence[Manifest]
    cluster_secrets: Sequence[Manifest]


def assess(snapshot: Snapshot, expected_clusters: Iterable[str], since: Mapping[str, float]) -> UpOutcome:
    """Compare what the hub holds with a converged platform.

    Args:
        expected_clusters: names that must be registered.
        since: seconds from the start to the moment since when each cluster has been all Synced and Healthy.
    """
    registered = {one.name: one for one in map(destinations.decode, snapshot.cluster_secrets)}
    reasons = [f"cluster {name} is not registered yet" for name in expected_clusters if name not in registered]
    reasons += [reason for one in snapshot.clusters for reason in _cluster_reasons(one)]
    reasons += [reason for one in snapshot.application_sets for reason in _set_reasons(one)]
    worst_first = sorted(snapshot.applications, key=lambda one: (-_health(one).severity, manifests.name(one)))
    reasons += [reason for one in worst_first for reason in _application_reasons(one)]
    if not snapshot.application_sets or not snapshot.applications:
        reasons.append("no Application has been generated yet")
    rows = tuple(
        _row(name, secret.secret or {}, _of_cluster(snapshot.applications, name, secret.server), since.get(name))
        for name, secret in sorted(registered.items(), key=lambda item: (item[1].server != IN_CLUSTER_SERVER, item[0]))
    )
    return UpOutcome(converged=not reasons, rows=rows, reasons=_shortened(reasons))


def _shortened(reasons: list[str]) -> tuple[str, ...]:
    hidden = len(reasons) - REASONS_SHOWN
    return (*reasons[:REASONS_SHOWN], f"and {hidden} more") if hidden > 0 else tuple(reasons)


def ready_clusters(outcome: UpOutcome) -> frozenset[str]:
    """The clusters whose Applications are all Synced and Healthy."""
    return frozenset(
        row.cluster for row in outcome.rows if row.sync == "Synced" and row.health == "Healthy" and row.applications
    )


def _row(name: str, secret: Manifest, applications: list[Manifest], seconds: float | None) -> ClusterRow:
    addons = [one for one in applications if _project(one) == ADDONS_PROJECT]
    workloads = [one for one in applications if _project(one) != ADDONS_PROJECT and not _is_bootstrap(one)]
    healths = [_health(one) for one in applications]
    worst = max(healths, key=lambda one: one.severity) if healths else Health.HEALTHY
    synced = all(_sync(one) == "Synced" for one in applications)
    return ClusterRow(
        cluster=name,
        applications=len(applications),
        environment=manifests.labels(secret).get("environment", ""),
        addons=_count(addons),
        workloads=_count(workloads),
        sync="Synced" if synced else "OutOfSync",
        health=worst.value,
        time="" if seconds is None else f"{seconds:.1f}s",
    )


def _project(application: Manifest) -> str:
    return str(manifests.get(application, "spec", "project", default="") or "default")


def _is_bootstrap(application: Manifest) -> bool:
    """Whether it brings ApplicationSets and clusters rather than software: the bridge's own three."""
    owners = manifests.metadata(application).get("ownerReferences") or ()
    return any(one.get("kind") == "ApplicationSet" and one.get("name") in bootstrap.NAMES for one in owners)


def _of_cluster(applications: Sequence[Manifest], name: str, server: str) -> list[Manifest]:
    names = {name, IN_CLUSTER_NAME} if server == IN_CLUSTER_SERVER else {name}
    return [one for one in applications if _is_on(manifests.get(one, "spec", "destination", default={}), names, server)]


def _is_on(destination: Manifest, names: set[str], server: str) -> bool:
    if destination.get("server"):
        return str(destination["server"]).rstrip("/") == server
    return destination.get("name") in names


def _count(applications: list[Manifest]) -> str:
    ready = sum(_sync(one) == "Synced" and _health(one) is Health.HEALTHY for one in applications)
    return f"{ready}/{len(applications)}"


def _sync(application: Manifest) -> str:
    return str(manifests.get(application, "status", "sync", "status", default="Unknown"))


def _health(application: Manifest) -> Health:
    text = manifests.get(application, "status", "health", "status", default="Unknown")
    return Health(text) if text in list(Health) else Health.UNKNOWN


def _application_reasons(application: Manifest) -> list[str]:
    sync, health = _sync(application), _health(application)
    if sync == "Synced" and health is Health.HEALTHY:
        return []
    conditions = manifests.get(application, "status", "conditions", default=[])
    said = next((str(one.get("message")) for one in conditions), "") or manifests.get(
        application, "status", "health", "message", default=""
    )
    name = manifests.name(application)
    return [f"application {name} is {sync} and {health.value}" + (f": {said}" if said else "")]


def _set_reasons(application_set: Manifest) -> list[str]:
    name = manifests.name(application_set)
    conditions = {one.get("type"): one for one in manifests.get(application_set, "status", "conditions", default=[])}
    failed = conditions.get("ErrorOccurred", {})
    if failed.get("status") == "True":
        return [f"application set {name} failed: {failed.get('message')}"]
    if conditions.get("ResourcesUpToDate", {}).get("status") != "True":
        return [f"application set {name} has not been reconciled yet"]
    return []


def _cluster_reasons(cluster: Manifest) -> list[str]:
    phase = manifests.get(cluster, "status", "phase", default="Pending")
    conditions = manifests.get(cluster, "status", "conditions", default=[])
    said = next((str(one.get("message") or "") for one in conditions if one.get("type") == "Ready"), "")
    reason = f"cluster {manifests.name(cluster)} is {phase}" + (f": {said}" if said else "")
    return [] if phase == "Provisioned" else [reason]
