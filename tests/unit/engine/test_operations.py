"""When to sync: the tables of Argo CD's automated sync, self-heal and retry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dokaseca.engine import operations
from dokaseca.engine.operations import Continue, Decision, Idle, Start
from dokaseca.kit.clock import rfc3339
from dokaseca.model import application as applications
from dokaseca.model.application import Application
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.identity import ObjectKey

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SOURCE = {"repoURL": "https://git/repo", "path": "app", "targetRevision": "main"}
A, B = "a" * 40, "b" * 40
ON = {"automated": {}}
HEALING = {"automated": {"prune": True, "selfHeal": True}}


def application(policy: dict[str, Any] | None = None, **fields: Any) -> Application:
    spec = {"source": SOURCE, "destination": {"name": "in-cluster"}, "syncPolicy": policy or {}}
    metadata = {"name": "web", "namespace": "argocd"}
    return applications.view({"metadata": metadata, "spec": spec, **fields})


def change(name: str = "a", status: SyncStatus = SyncStatus.OUT_OF_SYNC, **fields: Any) -> Change:
    key = ObjectKey("", "ConfigMap", "team", name)
    live = {"metadata": {"name": name}} if status is SyncStatus.SYNCED or fields.get("requires_pruning") else None
    target = None if fields.get("requires_pruning") else {"metadata": {"name": name}}
    return Change(key, "v1", target, live, status, **fields)


DRIFT = (change("a"), change("b", SyncStatus.SYNCED))
EXTRA = (change("a", requires_pruning=True), change("b", SyncStatus.SYNCED))


def state(phase: str = "Succeeded", revision: str = A, seconds_ago: float = 60, **fields: Any) -> dict[str, Any]:
    """An `operationState` that ended some seconds ago."""
    ended = {"finishedAt": rfc3339(NOW - timedelta(seconds=seconds_ago))} if phase != "Running" else {}
    return {
        "phase": phase,
        "operation": {"initiatedBy": {"automated": True}, "sync": {"revision": revision, "prune": True}},
        "startedAt": rfc3339(NOW - timedelta(seconds=seconds_ago + 1)),
        "syncResult": {"revision": revision, "source": SOURCE},
        **ended,
        **fields,
    }


def waiting(retry_count: int = 1, seconds_ago: float = 2, revision: str = A, **fields: Any) -> dict[str, Any]:
    """An `operationState` that waits for its retry."""
    ended = {"finishedAt": rfc3339(NOW - timedelta(seconds=seconds_ago)), "retryCount": retry_count}
    return {**state("Running", revision), **ended, "message": "it failed. Retrying", **fields}


def heal_of(name: str, attempts: int, seconds_ago: float) -> dict[str, Any]:
    """The end of a self-heal of one object."""
    resources = [{"kind": "ConfigMap", "namespace": "team", "name": name}]
    sync = {"revision": A, "autoHealAttemptsCount": attempts, "resources": resources}
    return state(seconds_ago=seconds_ago, operation={"initiatedBy": {"automated": True}, "sync": sync})


@dataclass(frozen=True)
class Case:
    """One line of a table; `expected` is `start`, `heal`, `continue`, `idle` or the SyncError's text."""

    why: str
    expected: str
    policy: dict[str, Any] | None = None
    changes: tuple[Change, ...] = DRIFT
    state: dict[str, Any] | None = None
    operation: dict[str, Any] | None = None
    revision: str = A
    retry_after_seconds: float | None = field(default=None)


FAILED = f"Failed last sync attempt to [{A[:12]}]: no"
WIPE = "auto-sync will wipe out all resources; set syncPolicy.automated.allowEmpty if that is meant"
AUTOMATED = (
    Case("no policy: shown only", "idle"),
    Case("first drift", "start", ON),
    Case("switched off", "idle", {"automated": {"enabled": False}}),
    Case("in sync", "idle", ON, changes=(change("a", SyncStatus.SYNCED),)),
    Case("unknown is not out of sync", "idle", ON, changes=(*DRIFT, change("c", SyncStatus.UNKNOWN))),
    Case("what does not count is no drift", "idle", ON, changes=(change("a", counts=False),)),
    Case("only prunes, prune off", "idle", ON, changes=EXTRA),
    Case("only prunes, prune on", "start", {"automated": {"prune": True}}, changes=EXTRA),
    Case("all would go", WIPE, {"automated": {"prune": True}}, changes=EXTRA[:1]),
    Case("all may go", "start", {"automated": {"prune": True, "allowEmpty": True}}, changes=EXTRA[:1]),
    Case("all is replaced", "start", {"automated": {"prune": True}}, changes=(EXTRA[0], change("new"))),
    Case("new revision", "start", ON, state=state(revision=B)),
    Case("new revision after a failure", "start", ON, state=state("Failed", revision=B)),
    Case("same revision, other source", "start", ON, state=state(syncResult={"revision": A, "source": {}})),
    Case("same revision failed", FAILED, ON, state=state("Failed", message="no")),
    Case("same revision had an error", FAILED, HEALING, state=state("Error", message="no"), retry_after_seconds=240),
    Case("a dry run is no attempt", "start", ON, state=state(operation={"sync": {"dryRun": True}})),
    Case("a request that never began is no attempt", "start", ON, state={"phase": "Error", "operation": {"sync": {}}}),
    Case("synced, then drift, no self-heal", "idle", ON, state=state()),
    Case("synced, then drift", "heal", HEALING, state=state()),
    Case("a request", "start", operation={"sync": {}}),
    Case("a request in sync", "start", changes=(), operation={"sync": {}}),
)
HEAL = (
    Case("second heal", "heal", HEALING, state=heal_of("a", 1, 0)),
    Case("third heal", "heal", HEALING, state=heal_of("a", 2, 0)),
    Case("fourth waits 2 s", "idle", HEALING, state=heal_of("a", 3, 0), retry_after_seconds=2),
    Case("fourth after its wait", "heal", HEALING, state=heal_of("a", 3, 2)),
    Case("fifth waits 6 s", "idle", HEALING, state=heal_of("a", 4, 1), retry_after_seconds=5),
    Case("sixth waits 18 s", "idle", HEALING, state=heal_of("a", 5, 8), retry_after_seconds=10),
    Case("never more than 5 min", "idle", HEALING, state=heal_of("a", 11, 0), retry_after_seconds=300),
    Case("another object is no fight", "heal", HEALING, state=heal_of("other", 9, 0)),
    Case("a lost fight is tried once an hour", "idle", HEALING, state=heal_of("a", 12, 600), retry_after_seconds=3000),
    Case("a lost fight after an hour", "heal", HEALING, state=heal_of("a", 12, 3600)),
    Case("our own wait is no peace", "heal", HEALING, state=heal_of("a", 9, 330)),
    Case("a long peace is forgotten", "heal", HEALING, state=heal_of("a", 9, 361)),
)
RETRY = (
    Case("it runs", "continue", ON, state=state("Running")),
    Case("it runs, whatever is new", "continue", ON, state=state("Running"), revision=B, operation={"sync": {}}),
    Case("it is being ended", "continue", ON, state=waiting(phase="Terminating")),
    Case("first retry after 5 s", "it failed. Retrying", ON, state=waiting(), retry_after_seconds=3),
    Case("second after 10 s", "it failed. Retrying", ON, state=waiting(2), retry_after_seconds=8),
    Case("at most 3 min", "it failed. Retrying", ON, state=waiting(30), retry_after_seconds=178),
    Case("its time has come", "continue", ON, state=waiting(seconds_ago=5)),
    Case("a newer commit", "start", ON, state=waiting(), revision=B),
    Case("a newer commit where a rollout decides", "it failed. Retrying", state=waiting(), revision=B),
    Case("the same commit where a rollout decides", "continue", state=waiting(seconds_ago=5)),
    Case("a request that waits", "", state=waiting(operation={"sync": {}}), revision=B, retry_after_seconds=3),
    Case("somebody asks for something else", "start", ON, state=waiting(), operation={"sync": {"prune": True}}),
)


def decided(case: Case, *, cured: bool = False) -> Decision:
    fields: dict[str, Any] = {"status": {"operationState": case.state}} if case.state else {}
    if case.operation is not None:
        fields["operation"] = case.operation
    view = application(case.policy, **fields)
    return operations.decide(view, ChangeSet(case.changes), [case.revision], NOW, cured=cured)


@pytest.mark.parametrize("case", [*AUTOMATED, *HEAL, *RETRY], ids=lambda case: case.why)
def test_decisions(case: Case) -> None:
    decision = decided(case)
    if case.expected == "continue":
        assert decision == Continue()
    elif case.expected in ("start", "heal"):
        assert isinstance(decision, Start)
        assert ("autoHealAttemptsCount" in decision.operation["sync"]) is (case.expected == "heal")
    else:
        assert isinstance(decision, Idle)
        assert decision.retry_after_seconds == case.retry_after_seconds
        assert case.expected in ("idle", decision.sync_error)


def test_an_automated_operation_is_what_argo_cd_writes() -> None:
    policy = {**HEALING, "syncOptions": ["CreateNamespace=true"], "retry": {"limit": 7}}
    assert decided(Case("", "", policy)) == Start(
        {
            "initiatedBy": {"automated": True},
            "retry": {"limit": 7},
            "sync": {"prune": True, "syncOptions": ["CreateNamespace=true"], "revision": A},
        }
    )


def test_a_heal_names_its_objects_and_leaves_prunes_out_that_are_not_allowed() -> None:
    extra = change("extra", requires_pruning=True)
    decision = decided(Case("", "", {"automated": {"selfHeal": True}}, changes=(*DRIFT, extra), state=state()))
    assert isinstance(decision, Start)
    assert decision.operation["sync"] == {
        "revision": A,
        "autoHealAttemptsCount": 1,
        "resources": [{"kind": "ConfigMap", "namespace": "team", "name": "a"}],
    }


def test_heals_of_the_same_object_are_counted() -> None:
    decision = decided(Case("", "", HEALING, state=heal_of("a", 2, 0)))
    assert isinstance(decision, Start)
    assert decision.operation["sync"]["autoHealAttemptsCount"] == 3


def test_a_newer_commit_makes_a_full_sync_of_a_partial_one() -> None:
    partial = {"revision": A, "prune": True, "autoHealAttemptsCount": 1, "resources": [{"kind": "ConfigMap"}]}
    operation = {"initiatedBy": {"automated": True}, "sync": partial}
    decision = decided(Case("", "", ON, state=waiting(operation=operation), revision=B))
    assert isinstance(decision, Start)
    assert decision.operation["sync"] == {"prune": True, "revision": B}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case("waits for its retry", "", ON, state=waiting()), Continue),
        (Case("has failed for good", "", ON, state=state("Failed")), Start),
        (Case("would wipe out all", "", HEALING, changes=EXTRA[:1], state=state("Failed")), Idle),
        (Case("has nothing to do", "", ON, changes=(), state=state("Failed")), Idle),
    ],
    ids=lambda value: value.why if isinstance(value, Case) else "",
)
def test_a_cure_makes_an_automated_sync_try_at_once(case: Case, expected: type) -> None:
    assert isinstance(decided(case, cured=True), expected)


def test_revisions_of_several_sources_are_compared_in_order() -> None:
    many = [SOURCE, {**SOURCE, "path": "other"}]
    view = application(ON, status={"operationState": state(syncResult={"revisions": [A, B], "sources": many})})
    view = replace(view, sources=tuple(map(applications.Source, many)), is_multi_source=True)
    assert operations.decide(view, ChangeSet(DRIFT), [A, B], NOW) == Idle()
    decision = operations.decide(view, ChangeSet(DRIFT), [B, A], NOW)
    assert isinstance(decision, Start)
    assert decision.operation["sync"]["revisions"] == [B, A]


@pytest.mark.parametrize(
    ("seconds_ahead", "left"),
    [(1, 18.0), (18, 18.0), (19, 0.0), (3600, 0.0)],
)
def test_a_clock_that_was_set_back_delays_a_heal_by_twice_its_wait_at_most(seconds_ahead: float, left: float) -> None:
    decision = decided(Case("", "", HEALING, state=heal_of("a", 5, -seconds_ahead)))
    assert isinstance(decision, Idle if left else Start)
    assert (decision.retry_after_seconds if isinstance(decision, Idle) else 0.0) == left


@pytest.mark.parametrize(("seconds_ahead", "left"), [(4, 5.0), (6, 0.0), (86400, 0.0)])
def test_a_clock_that_was_set_back_delays_a_retry_by_twice_its_wait_at_most(seconds_ahead: float, left: float) -> None:
    decision = decided(Case("", "", ON, state=waiting(seconds_ago=-seconds_ahead)))
    assert isinstance(decision, Idle if left else Continue)
    assert (decision.retry_after_seconds if isinstance(decision, Idle) else 0.0) == left


def healed(decision: Decision) -> list[str]:
    assert isinstance(decision, Start)
    return [one["name"] for one in decision.operation["sync"]["resources"]]


def test_of_very_many_objects_a_heal_takes_a_part_and_the_next_one_the_others() -> None:
    drift = tuple(change(f"c{number:05}") for number in range(operations.HEALED_AT_ONCE + 3))
    first = decided(Case("", "", HEALING, drift, state=state()))
    assert healed(first) == [one.key.name for one in drift[:-3]]
    assert isinstance(first, Start)
    done = state(seconds_ago=0, operation=first.operation)
    rest = decided(Case("", "", HEALING, drift[-3:], state=done))
    assert healed(rest) == [one.key.name for one in drift[-3:]]
    assert rest.operation["sync"]["autoHealAttemptsCount"] == 1  # type: ignore[union-attr]


def test_objects_that_drift_for_ever_do_not_keep_the_others_from_their_heal() -> None:
    drift = tuple(change(f"c{number:05}") for number in range(operations.HEALED_AT_ONCE + 3))
    first = decided(Case("", "", HEALING, drift, state=state()))
    assert isinstance(first, Start)
    second = decided(Case("", "", HEALING, drift, state=state(seconds_ago=0, operation=first.operation)))
    assert healed(second)[:4] == [one.key.name for one in (*drift[-3:], drift[0])]
    assert second.operation["sync"]["autoHealAttemptsCount"] == 2  # type: ignore[union-attr]


def test_a_fight_is_told_with_its_object_and_what_to_do() -> None:
    decision = decided(Case("", "idle", HEALING, state=heal_of("a", 6, 0)))
    assert isinstance(decision, Idle)
    assert "ConfigMap team/a" in decision.contested
    assert "spec.ignoreDifferences" in decision.contested


def test_a_few_heals_are_no_fight() -> None:
    decision = decided(Case("", "idle", HEALING, state=heal_of("a", 3, 0)))
    assert isinstance(decision, Idle)
    assert decision.contested == ""


@pytest.mark.parametrize(("seconds_ago", "count"), [(330, 10), (361, 1)])
def test_heals_are_counted_on_until_there_was_peace(seconds_ago: float, count: int) -> None:
    decision = decided(Case("", "heal", HEALING, state=heal_of("a", 9, seconds_ago)))
    assert isinstance(decision, Start)
    assert decision.operation["sync"]["autoHealAttemptsCount"] == count
