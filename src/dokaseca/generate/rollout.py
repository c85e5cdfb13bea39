"""A RollingSync's next move: whose turn it is, in the right order, whatever arrives when. Pure.

A step is opened only when every Application of the steps before it is there, Healthy, and seen at the same revisions of
the same sources as the one whose turn it might be: an Application whose status is from before a commit has not passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dokaseca.generate import reconcile_plan, rollout_entry, rollout_strategy
from dokaseca.generate.rollout_entry import HEALTHY, PENDING, PROGRESSING, WAITING, Seen
from dokaseca.generate.rollout_strategy import Membership, Strategy
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import ConditionType, Reason, View
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

MOST_APPLICATIONS = 3000  # about 1 MB of entries in an object that may have 1.5


@dataclass(frozen=True, slots=True)
class Rollout:
    """What to write.

    Attributes:
        entries: `status.applicationStatus`, sorted by name.
        applications: as generated, without automated sync; those whose turn it is with an operation.
        conditions: RolloutProgressing and InvalidRolloutConfig, as (type, status, reason, message).
        stale: Applications that must be looked at anew before anybody's turn can come.
    """

    entries: tuple[dict[str, Any], ...]
    applications: tuple[Manifest, ...]
    conditions: tuple[tuple[ConditionType, bool, Reason, str], ...]
    stale: frozenset[str]


def advance(
    view: View, strategy: Strategy, generated: Sequence[Manifest], children: Sequence[Manifest], now: str
) -> Rollout:
    """One look at all Applications, and the turns that it gives.

    Args:
        generated: all that were generated, invalid ones too.
        children: the Applications that the ApplicationSet owns now.
        now: RFC 3339.

    Raises:
        UserError: an ignoreApplicationDifferences rule does not parse, or there are more Applications than entries fit
            into one object.
    """
    if max(len(generated), len(children)) > MOST_APPLICATIONS:
        raise UserError(
            f"a RollingSync has at most {MOST_APPLICATIONS} Applications; make several ApplicationSets of this one",
            reason="TooManyApplications",
        )
    managed = [_without_automation(application) for application in generated]
    members = rollout_strategy.membership(strategy, managed)
    changing = _changing(view, managed, children)
    entries = _entries(view.manifest, children, members, changing, now)
    live = {manifests.name(child): rollout_entry.seen(child) for child in children}
    ready = {name: one for name, one in entries.items() if name not in changing}
    turns, stale = _turns(strategy, members, ready, live)
    for name in turns:
        entries[name] = rollout_entry.pending(entries[name], now)
    return Rollout(
        tuple(entries[name] for name in sorted(entries)),
        tuple(_asked(application, entries) for application in managed),
        _conditions(strategy, members, entries),
        stale,
    )


def _without_automation(application: Manifest) -> Manifest:
    """The rollout syncs; an automated sync beside it would not wait for its turn."""
    policy = manifests.get(application, "spec", "syncPolicy", default={})
    if not isinstance(policy, dict) or not isinstance(policy.get("automated"), dict):
        return application
    automated = {**policy["automated"], "enabled": False}
    return {**application, "spec": {**application["spec"], "syncPolicy": {**policy, "automated": automated}}}


def _changing(view: View, managed: Sequence[Manifest], children: Sequence[Manifest]) -> frozenset[str]:
    """The children whose spec is not yet what was generated."""
    wanted = {manifests.name(one): one for one in reversed(managed)}
    pairs = ((wanted.get(manifests.name(child)), child) for child in children)
    return frozenset(
        manifests.name(child)
        for one, child in pairs
        if one is not None and reconcile_plan.spec_differs(view, one, child)
    )


def _entries(
    application_set: Manifest, children: Sequence[Manifest], members: Membership, changing: frozenset[str], now: str
) -> dict[str, dict[str, Any]]:
    listed = manifests.get(application_set, "status", "applicationStatus", default=[])
    before = {one["application"]: one for one in listed if isinstance(one, dict) and "application" in one}
    entries = {}
    for child in children:
        name = manifests.name(child)
        differs = name in changing
        entries[name] = rollout_entry.advanced(before.get(name), child, members.shown(name), now, spec_differs=differs)
    return entries


def _asked(application: Manifest, entries: Mapping[str, Mapping[str, Any]]) -> Manifest:
    """The Application with its operation while it is pending: until the sync has begun, it is asked for again."""
    entry = entries.get(manifests.name(application))
    if entry is None or entry.get("status") != PENDING:
        return application
    return {**application, "operation": rollout_entry.operation(entry, application)}


# --- whose turn it is -------------------------------------------------------------------------------------------------


def _turns(
    strategy: Strategy, members: Membership, entries: Mapping[str, Mapping[str, Any]], live: Mapping[str, Seen]
) -> tuple[list[str], frozenset[str]]:
    """The Applications whose turn comes now, and those whose status is too old to tell.

    Args:
        entries: of those that say what was generated; the others can neither have passed nor have a turn.
    """
    turns: list[str] = []
    stale: set[str] = set()
    passed: list[str] = []
    for number, step in enumerate(strategy.steps):
        own = [name for name in members.steps[number] if members.step_of[name] == number]
        counted = [name for name in own if name in entries]
        under_way = sum(entries[name]["status"] in (PENDING, PROGRESSING) for name in counted)
        room = step.room(len(counted))
        for name in sorted(counted):
            if entries[name]["status"] != WAITING or (room is not None and under_way >= room):
                continue
            old = _older(name, passed, live)
            stale |= old
            if not old:
                turns.append(name)
                under_way += 1
        if not all(_has_passed(name, entries, live) for name in members.steps[number]):
            break
        passed += own
    return turns, frozenset(stale)


def _has_passed(name: str, entries: Mapping[str, Mapping[str, Any]], live: Mapping[str, Seen]) -> bool:
    """Whether the steps after an Application's may begin, as far as it is concerned; it must be Healthy still."""
    return name in entries and entries[name]["status"] == HEALTHY and live[name].health == "Healthy"


def _older(name: str, passed: Sequence[str], live: Mapping[str, Seen]) -> frozenset[str]:
    """Who must be looked at anew before it can be `name`'s turn: itself, or who passed at another revision."""
    it = live[name]
    if not (it.is_current or it.has_error):
        return frozenset((name,))
    mine = _revisions(it)
    others = [other for other in passed if any(_revisions(live[other]).get(key, at) != at for key, at in mine.items())]
    return frozenset((name, *others)) if others else frozenset()


def _revisions(it: Seen) -> dict[tuple[str, ...], str]:
    """What each source stood at, by what its spec follows."""
    fields = ("repoURL", "chart", "targetRevision")
    return {
        tuple(str(source.get(field) or "") for field in fields): revision
        for source, revision in zip(it.sources, it.revisions, strict=False)
        if isinstance(source, dict)
    }


# --- conditions -------------------------------------------------------------------------------------------------------


def _conditions(
    strategy: Strategy, members: Membership, entries: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[ConditionType, bool, Reason, str], ...]:
    problem = rollout_strategy.problem(strategy, members)
    config = (
        ConditionType.INVALID_ROLLOUT_CONFIG,
        bool(problem),
        Reason.INVALID_ROLLOUT if problem else Reason.VALID_ROLLOUT,
        problem or "Rolling Sync Configured correctly",
    )
    unfinished = {int(one["step"]) for one in entries.values() if one["status"] != HEALTHY} - {rollout_strategy.NO_STEP}
    if unfinished:
        told = f"ApplicationSet is performing rollout of step {min(unfinished)}"
        return config, (ConditionType.ROLLOUT_PROGRESSING, True, Reason.MODIFIED, told)
    told = "ApplicationSet Rollout has completed"
    return config, (ConditionType.ROLLOUT_PROGRESSING, False, Reason.ROLLOUT_COMPLETE, told)
