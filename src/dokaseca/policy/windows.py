"""Sync windows of an AppProject: when Applications may be synced. Pure (Argo CD: B14)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dokaseca.kit import cron, durations, globs
from dokaseca.kit.clock import rfc3339
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.policy.decision import ALLOWED, Decision

MOST = 100  # windows of one project that are looked at; more of them are refused
LONGEST_SECONDS = 366 * 86400.0  # of a window
DIMENSIONS = ("applications", "namespaces", "clusters")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be synced, as windows name it: `clusters` are the destination's name and server."""

    application: str
    namespace: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a sync may run now, and when to ask again; None when no window will open or close."""

    decision: Decision
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Window:
    allows: bool
    manual: bool
    overruns: bool
    shown: str
    is_open: bool
    changes_at: datetime | None


def permits(
    project: Manifest, subject: Subject, now: datetime, *, manual: bool, started_at: datetime | None = None
) -> Answer:
    """Whether the project's windows let the subject be synced.

    Args:
        manual: a person asks for it, not the sync policy.
        started_at: when the operation began, where it runs already: windows with `syncOverrun` let it end.
    """
    listed = manifests.get(project, "spec", "syncWindows", default=[])
    if not isinstance(listed, list) or len(listed) > MOST:
        return Answer(_denied(project, f"spec.syncWindows is no list of at most {MOST} windows"))
    entries = [one for one in listed if not isinstance(one, dict) or _concerns(one, subject)]
    try:
        found = [_read(one, now) for one in entries]
        answer = Answer(_decide(project, found, manual=manual), _next(found))
        if answer.decision.allowed or started_at is None or not _all_overrun(found):
            return answer
        before = _decide(project, [_read(one, started_at) for one in entries], manual=manual)
    except (ValueError, OverflowError) as error:  # fail closed: nobody knows what the window was to protect
        return Answer(_denied(project, f"a sync window cannot be read: {error}"))
    return Answer(before if before.allowed else answer.decision, answer.changes_at)


def is_open(entry: Any, now: datetime) -> bool:
    """Whether one window is open.

    Raises:
        ValueError, OverflowError: it does not say what it must.
    """
    return _read(entry, now).is_open


def _decide(project: Manifest, found: Sequence[_Window], *, manual: bool) -> Decision:
    denies = [one for one in found if not one.allows and one.is_open]
    if denies:
        if manual and all(one.manual for one in denies):
            return ALLOWED
        return _denied(project, f"the deny window {denies[0].shown} is open{_until(denies)}")
    allows = [one for one in found if one.allows]
    if not allows or any(one.is_open for one in allows) or (manual and all(one.manual for one in allows)):
        return ALLOWED
    return _denied(project, f"no allow window is open; {allows[0].shown} is closed{_until(allows)}")


def _all_overrun(found: Sequence[_Window]) -> bool:
    """Whether everything that blocks now lets a running sync end."""
    blocking = [one for one in found if not one.allows and one.is_open] or [one for one in found if one.allows]
    return all(one.overruns for one in blocking)


def _concerns(entry: Mapping[str, Any], subject: Subject) -> bool:
    """By default one dimension that hits is enough; a window that lists nothing concerns nobody."""
    said = {"applications": (subject.application,), "namespaces": (subject.namespace,), "clusters": subject.clusters}
    hits = [
        any(globs.matches(str(pattern), text) for pattern in entry[name] for text in said[name])
        for name in DIMENSIONS
        if entry.get(name)
    ]
    return bool(hits) and (all(hits) if entry.get("andOperator") is True else any(hits))


def _read(entry: Any, now: datetime) -> _Window:
    """Raises ValueError when the window does not say what it must."""
    if not isinstance(entry, dict) or entry.get("kind") not in ("allow", "deny"):
        raise ValueError("kind is neither allow nor deny")
    schedule, zone = str(entry.get("schedule") or ""), str(entry.get("timeZone") or "UTC")
    length_seconds = durations.parse_seconds(str(entry.get("duration") or ""))
    if not 0 < length_seconds <= LONGEST_SECONDS:
        raise ValueError(f"duration {entry.get('duration')!r} lies not between 0 and {LONGEST_SECONDS / 3600:.0f}h")
    length = timedelta(seconds=length_seconds)
    try:
        there = now.astimezone(zoneinfo.ZoneInfo(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"time zone {zone[:50]!r} is not known") from error
    fixed = now + (there.utcoffset() or timedelta())  # Argo CD: the zone's offset of this moment, whatever comes
    times = cron.parse(schedule)
    begun = times.after(fixed - length)
    is_open = begun is not None and begun <= fixed
    turn = _end(times, begun, length) if is_open and begun is not None else times.after(fixed)
    return _Window(
        allows=entry["kind"] == "allow",
        manual=entry.get("manualSync") is True,
        overruns=entry.get("syncOverrun") is True,
        shown=f"{schedule!r} for {entry['duration']} ({zone})",
        is_open=is_open,
        changes_at=None if turn is None else now + (turn - fixed),
    )


def _end(times: cron.Schedule, begun: datetime, length: timedelta) -> datetime:
    """When a window that began closes, unless it opens again before: then the end of its next turn, once."""
    again = times.after(begun)
    return (again if again is not None and again <= begun + length else begun) + length


def _next(found: Sequence[_Window]) -> datetime | None:
    return min((one.changes_at for one in found if one.changes_at is not None), default=None)


def _until(found: Sequence[_Window]) -> str:
    turn = _next(found)
    return f" until {rfc3339(turn)}" if turn is not None else ""


def _denied(project: Manifest, why: str) -> Decision:
    return Decision(False, f"Sync operation blocked by sync window: {why} (project {manifests.name(project)!r})")
