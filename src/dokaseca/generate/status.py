"""An ApplicationSet's status, as Argo CD writes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dokaseca.generate.rollout import Rollout
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import ConditionType, Reason
from dokaseca.model.manifest import Manifest

_RESOURCES = 5000  # Argo CD: status.max.resources.count
_STATUS_BYTES = 1_200_000  # of an object that may have 1.5 MB: 5,000 lines of the usual length
_GENERATED = "Successfully generated parameters for all Applications"
# They are there only while there is something to say.
_PASSING = (ConditionType.DELETION_HELD, ConditionType.INVALID_ROLLOUT_CONFIG, ConditionType.ROLLOUT_PROGRESSING)
_UP_TO_DATE = "All applications have been generated successfully"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reconcile ended.

    Attributes:
        error: one sentence; empty when all went well.
        reason: of the error.
        parameters_generated: whether generation itself succeeded.
        held: what is kept although it is not generated any more, and how to let it go; empty when nothing is.
        held_reason: of the condition that says so.
        rollout: the RollingSync's move, None without one.
        is_whole: whether the reconcile went through: then what it does not mention (held deletions, a rollout) is over.
    """

    error: str = ""
    reason: Reason = Reason.UP_TO_DATE
    parameters_generated: bool = True
    held: str = ""
    held_reason: Reason = Reason.DELETION_BUDGET
    rollout: Rollout | None = None
    is_whole: bool = True


def conditions(current: Any, outcome: Outcome, now: str) -> list[dict[str, str]]:
    """The three conditions after `outcome`, other types kept, sorted by type.

    `lastTransitionTime` changes only with status, reason or message. An error makes ResourcesUpToDate false, success
    makes ErrorOccurred false. Held deletions are an error that a person must look at, and a condition of their own
    while there are any.

    Args:
        current: `status.conditions` as it stands.
        now: RFC 3339.
    """
    failed = bool(outcome.error or outcome.held)
    message = outcome.error or outcome.held or _UP_TO_DATE
    reason = outcome.reason if outcome.error else Reason.DELETE_ERROR if outcome.held else Reason.UP_TO_DATE
    wanted = [
        _condition(ConditionType.ERROR_OCCURRED, failed, reason, message),
        _condition(
            ConditionType.PARAMETERS_GENERATED,
            outcome.parameters_generated,
            Reason.PARAMETERS_GENERATED if outcome.parameters_generated else Reason.ERROR_OCCURRED,
            _GENERATED if outcome.parameters_generated else message,
        ),
        _condition(ConditionType.RESOURCES_UP_TO_DATE, not failed, reason, message),
    ]
    if outcome.held:
        wanted.append(_condition(ConditionType.DELETION_HELD, True, outcome.held_reason, outcome.held))
    if outcome.rollout is not None:
        wanted += [_condition(*each) for each in outcome.rollout.conditions]
    present = {each.get("type"): each for each in current or [] if isinstance(each, dict)}
    for kind in _PASSING if outcome.is_whole else ():
        if all(condition["type"] != kind for condition in wanted):
            present.pop(kind, None)
    for condition in wanted:
        before = present.get(condition["type"], {})
        same = all(before.get(name) == value for name, value in condition.items())
        present[condition["type"]] = {
            **condition,
            "lastTransitionTime": before.get("lastTransitionTime", now) if same else now,
        }
    return [present[kind] for kind in sorted(present, key=str)]


def condition_or_none(current: Any, kind: ConditionType) -> dict[str, str] | None:
    """The condition of a type in a status of any shape."""
    listed = current.get("conditions") if isinstance(current, dict) else None
    return next((each for each in listed or [] if isinstance(each, dict) and each.get("type") == kind), None)


def _condition(kind: ConditionType, is_true: bool, reason: Reason, message: str) -> dict[str, str]:
    return {
        "type": str(kind),
        "status": "True" if is_true else "False",
        "reason": str(reason),
        "message": message,
    }


def health(conditions_now: Sequence[dict[str, str]], current: Any, now: str) -> dict[str, str]:
    """`status.health` from the conditions."""
    if not conditions_now:
        return _health("Unknown", "No status conditions found for ApplicationSet", current, now)
    by_type = {each["type"]: each for each in conditions_now}
    for kind, status in (
        (ConditionType.ERROR_OCCURRED, "Degraded"),
        (ConditionType.ROLLOUT_PROGRESSING, "Progressing"),
        (ConditionType.RESOURCES_UP_TO_DATE, "Healthy"),
    ):
        condition = by_type.get(kind)
        if condition and condition["status"] == "True":
            return _health(status, condition["message"], current, now)
    return _health("Unknown", "Waiting for health status to be determined", current, now)


def _health(status: str, message: str, current: Any, now: str) -> dict[str, str]:
    before = current if isinstance(current, dict) else {}
    same = before.get("status") == status and before.get("message") == message
    since = before.get("lastTransitionTime", now) if same else now
    return {"status": status, "message": message, "lastTransitionTime": since}


def resources(children: Iterable[Manifest]) -> list[dict[str, Any]]:
    """`status.resources`: a line for each Application, sorted by name."""
    return [_resource(child) for child in sorted(children, key=manifests.name)]


def _resource(application: Manifest) -> dict[str, Any]:
    group, version, kind = manifests.gvk(application)
    line: dict[str, Any] = {
        "group": group or "argoproj.io",
        "version": version or "v1alpha1",
        "kind": kind or "Application",
        "name": manifests.name(application),
        "namespace": manifests.namespace(application),
    }
    sync = manifests.get(application, "status", "sync", "status")
    if sync:
        line["status"] = sync
    health_status = manifests.get(application, "status", "health")
    if isinstance(health_status, dict):
        line["health"] = {
            name: health_status[name] for name in ("status", "message", "lastTransitionTime") if health_status.get(name)
        }
    return line


def with_rollout(current: Any, rollout: Rollout | None) -> dict[str, Any]:
    """The status with a rollout's entries, without any where there is no rollout."""
    before = {name: value for name, value in (current or {}).items() if name != "applicationStatus"}
    return before if rollout is None else {**before, "applicationStatus": list(rollout.entries)}


def _fitting(listed: list[dict[str, Any]], entries: Any) -> list[dict[str, Any]]:
    """As many lines as there is room for beside the rollout's entries."""
    room = _STATUS_BYTES - len(orjson.dumps(entries))
    for number, line in enumerate(listed):
        room -= len(orjson.dumps(line))
        if room < 0:
            return listed[:number]
    return listed


def status(current: Any, outcome: Outcome, children: Sequence[Manifest], now: str) -> dict[str, Any]:
    """The whole status after a reconcile; `applicationStatus` is the rollout's, and goes with it.

    Args:
        current: the status as it stands, any shape.
        children: the Applications that the ApplicationSet owns now.
        now: RFC 3339.
    """
    before = current if isinstance(current, dict) else {}
    listed = resources(children)
    now_conditions = conditions(before.get("conditions"), outcome, now)
    kept = with_rollout(before, outcome.rollout) if outcome.is_whole else before
    return {
        **kept,
        "conditions": now_conditions,
        "health": health(now_conditions, before.get("health"), now),
        "resources": _fitting(listed[:_RESOURCES], kept.get("applicationStatus")),
        "resourcesCount": len(listed),
    }
