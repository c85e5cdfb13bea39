"""`dokaseca.dev/depends-on`: Applications that must be in sync and healthy before another one is synced. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dokaseca.model import manifest as manifests
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest

ANNOTATION = "dokaseca.dev/depends-on"
MOST = 50  # names in one annotation
FURTHEST = 1000  # Applications that are visited in search of a cycle

Read = Callable[[NamespacedName], Manifest | None]


def names(application: Manifest) -> tuple[NamespacedName, ...]:
    """Whom an Application names: `name` in its own namespace, or `namespace/name`; comma-separated, at most 50."""
    text = str(manifests.annotations(application).get(ANNOTATION) or "")
    parts = dict.fromkeys(item for part in text.split(",") if (item := part.strip()))
    own = manifests.namespace(application)
    found = []
    for part in list(parts)[:MOST]:
        namespace, separator, name = part.partition("/")
        found.append(NamespacedName(namespace, name) if separator else NamespacedName(own, part))
    return tuple(found)


def why_not(application: Manifest, revisions: Sequence[str], read: Read) -> str:
    """What an Application waits for before it may be synced; empty when it waits for nothing.

    Args:
        revisions: what it would be synced to: a dependency on the same source must have come as far.
    """
    listed = names(application)
    if not listed:
        return ""
    circle = _circle(application, read)
    if circle:
        return f"{ANNOTATION} makes a circle ({' -> '.join(map(str, circle))}); nobody in it is synced: take one out"
    for key in listed:
        found = read(key)
        if found is None:
            return f"waiting for Application {key}, which does not exist; create it or correct {ANNOTATION}"
        lacking = _lacking(found, application, revisions)
        if lacking:
            return f"waiting for Application {key}, which {lacking}"
    return ""


def is_ready(application: Manifest) -> bool:
    """Whether others may build on it: in sync, healthy, at rest and not on its way out."""
    status = manifests.get(application, "status", default={})
    running = manifests.get(status, "operationState", "phase") in ("Running", "Terminating")
    in_sync = manifests.get(status, "sync", "status") == "Synced"
    is_healthy = manifests.get(status, "health", "status") == "Healthy"
    return in_sync and is_healthy and not running and not manifests.is_deleting(application)


def _lacking(found: Manifest, application: Manifest, revisions: Sequence[str]) -> str:
    if not is_ready(found):
        sync = manifests.get(found, "status", "sync", "status", default="Unknown")
        health = manifests.get(found, "status", "health", "status", default="Unknown")
        return f"is {sync} and {health}"
    place, other = (
        tuple(manifests.get(one, "spec", "source", part) for part in ("repoURL", "targetRevision"))
        for one in (application, found)
    )
    at = manifests.get(found, "status", "sync", "revision")
    if place[0] and place == other and not manifests.get(found, "spec", "source", "chart") and at not in revisions:
        return "has not seen the newest commit yet"  # of one commit for both, the dependency's part comes first
    return ""


def _circle(application: Manifest, read: Read) -> tuple[NamespacedName, ...]:
    """The way from an Application back to itself, empty when there is none."""
    start = NamespacedName(manifests.namespace(application), manifests.name(application))
    ways: list[tuple[NamespacedName, ...]] = [(start, one) for one in names(application)]
    seen: set[NamespacedName] = set()
    while ways and len(seen) < FURTHEST:
        way = ways.pop()
        if way[-1] == start:
            return way
        if way[-1] in seen:
            continue
        seen.add(way[-1])
        found = read(way[-1])
        ways += [(*way, one) for one in names(found)] if found is not None else []
    return ()
