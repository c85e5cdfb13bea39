"""What a concern decides: writes as data, so that deciding needs no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from dokaseca.dock.patching.equality import equal
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Create:
    """Make `manifest`, unless its `owner` (as last seen) has gone or is going."""

    manifest: Manifest
    owner: Manifest | None = None


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Bring `object`'s status to `status`."""

    object: Manifest
    status: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patch:
    """Merge `patch` into `object`."""

    object: Manifest
    patch: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delete:
    """Ask for the end of `object` (this one, not one of the same name); `by_owner` when its controller wants it."""

    object: Manifest
    by_owner: bool = True


@dataclass(frozen=True, slots=True)
class Tell:
    """Record an Event: something worth telling has happened to `about`.

    Attributes:
        component: who tells it.
        kind: Normal or Warning.
        field_path: which part of the object, such as `spec.containers{app}`.
        host: the node it happened on, where it is a kubelet that tells.
        action: what the reporter did; given, the Event has the form of events.k8s.io (as the scheduler's have).
    """

    about: Manifest
    reason: str
    message: str
    component: str
    kind: str = "Normal"
    field_path: str = ""
    host: str = ""
    action: str = ""


Write: TypeAlias = Create | SetStatus | Patch | Delete | Tell


@dataclass(frozen=True, slots=True)
class Plan:
    """`writes` in order, then another look after some seconds where time alone changes the answer."""

    writes: tuple[Write, ...] = ()
    again_after_seconds: float | None = None


NOTHING = Plan()


def status(manifest: Manifest, wanted: dict[str, Any]) -> tuple[Write, ...]:
    """The write that gives `manifest` its `wanted` status; none where it has it."""
    return () if equal(manifest.get("status") or {}, wanted) else (SetStatus(manifest, wanted),)


def earliest(*seconds: float | None) -> float | None:
    """The soonest of several wishes to look again."""
    return min((one for one in seconds if one is not None), default=None)
