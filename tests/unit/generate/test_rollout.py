"""RollingSync as a table of looks: what each Application shows, and whose turn follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from dokaseca.generate import rollout, rollout_entry, rollout_strategy
from dokaseca.generate.rollout import Rollout
from dokaseca.model import application_set as application_sets
from dokaseca.model.application_set import View
from dokaseca.model.errors import UserError

Manifest = dict[str, Any]

T0, T1, T2 = (f"2026-01-01T00:00:0{number}Z" for number in range(3))
A, B = "a" * 40, "b" * 40
STEPS = [{"matchExpressions": [{"key": "env", "operator": "In", "values": [env]}]} for env in ("dev", "qa", "prod")]


def generated(name: str, env: str = "", **spec: Any) -> Manifest:
    """An Application as the template gives it, named after its environment."""
    policy = {"automated": {"prune": True, "selfHeal": True}}
    spec = {
        "source": {"repoURL": "r", "targetRevision": "main", "path": name},
        "destination": {"name": env or name},
        "syncPolicy": policy,
        **spec,
    }
    return {"metadata": {"name": name, "namespace": "argocd", "labels": {"env": env or name}}, "spec": spec}


def live(
    name: str, env: str = "", *, sync: str = "Synced", health: str = "Healthy", revision: str = A, **more: Any
) -> Manifest:
    """The Application as it is, compared with what its spec says now."""
    made = rollout._without_automation(generated(name, env, **more.pop("spec", {})))
    compared = {field: made["spec"][field] for field in ("source", "sources", "destination") if field in made["spec"]}
    at = {"revisions": revision.split(",")} if "," in revision else {"revision": revision}
    status = {"sync": {"status": sync, "comparedTo": compared, **at}, "health": {"status": health}, **more}
    return {**made, "status": status}


def unseen(name: str, env: str = "") -> Manifest:
    """An Application that nobody has compared yet."""
    return {**live(name, env), "status": {}}


def entry(name: str, status: str, step: int = 1, revision: str = A, since: str = T0) -> Manifest:
    return {
        "application": name,
        "status": status,
        "message": "m",
        "step": str(step),
        "lastTransitionTime": since,
        "targetRevisions": [revision],
    }


def view(entries: Sequence[Manifest] = (), steps: Sequence[Manifest] = STEPS, **spec: Any) -> View:
    strategy = {"type": "RollingSync", "rollingSync": {"steps": list(steps)}}
    metadata = {"name": "s", "namespace": "argocd", "uid": "u"}
    status = {"applicationStatus": list(entries)}
    return application_sets.view({"metadata": metadata, "spec": {"strategy": strategy, **spec}, "status": status})


def look(
    children: Sequence[Manifest],
    entries: Sequence[Manifest] = (),
    wanted: Sequence[Manifest] | None = None,
    now: str = T1,
    **more: Any,
) -> Rollout:
    shown = view(entries, **more)
    strategy = rollout_strategy.of(shown.manifest)
    assert strategy is not None
    if wanted is None:
        wanted = [{**one, "spec": {**one["spec"]}} for one in children]
    return rollout.advance(shown, strategy, wanted, children, now)


def statuses(found: Rollout) -> dict[str, str]:
    return {one["application"]: one["status"] for one in found.entries}


def messages(found: Rollout) -> dict[str, str]:
    return {one["application"]: one["message"] for one in found.entries}


def operations(found: Rollout) -> dict[str, Any]:
    return {one["metadata"]["name"]: one["operation"] for one in found.applications if "operation" in one}


def condition(found: Rollout, kind: str) -> tuple[bool, str, str]:
    return next((is_true, str(reason), message) for name, is_true, reason, message in found.conditions if name == kind)


# --- one Application --------------------------------------------------------------------------------------------------


def test_a_new_application_waits_until_it_has_been_compared() -> None:
    found = look([unseen("dev")])
    assert statuses(found) == {"dev": "Waiting"}
    assert messages(found) == {"dev": "No Application status found, defaulting status to Waiting"}
    assert found.entries[0]["targetRevisions"] == []
    assert operations(found) == {}
    assert found.stale == {"dev"}


def test_one_that_is_synced_already_needs_no_turn() -> None:
    assert messages(look([live("dev")])) == {"dev": "Application resource has synced, updating status to Healthy"}
    found = look([live("dev", health="Progressing")])
    assert messages(found) == {"dev": "Application resource has synced, updating status to Progressing"}
    assert statuses(found) == {"dev": "Progressing"}


def test_a_turn_is_an_operation_at_the_revision_that_the_rollout_is_about() -> None:
    wanted = generated("dev", syncPolicy={"automated": {"prune": True}, "syncOptions": ["A=true"]})
    child = live("dev", sync="OutOfSync", spec={"syncPolicy": wanted["spec"]["syncPolicy"]})
    found = look([child], wanted=[wanted])
    assert statuses(found) == {"dev": "Pending"}
    assert found.entries[0]["lastTransitionTime"] == T1
    operation = operations(found)["dev"]
    assert operation["initiatedBy"] == {"username": "applicationset-controller", "automated": True}
    assert operation["info"][0] == {
        "name": "Reason",
        "value": "ApplicationSet RollingSync triggered a sync of this Application resource",
    }
    assert operation["sync"] == {"revision": A, "prune": True, "syncOptions": ["A=true"]}
    assert operation["retry"] == {"limit": 5}


@pytest.mark.parametrize(
    ("policy", "sync", "retry"),
    [
        (None, {"revision": A}, {"limit": 5}),
        ({"automated": {}}, {"revision": A}, {"limit": 5}),
        ({"retry": {"limit": 2}}, {"revision": A}, {"limit": 2}),
        ({"automated": {"prune": False}, "syncOptions": []}, {"revision": A}, {"limit": 5}),
    ],
)
def test_an_operation_is_as_the_sync_policy_says(policy: Any, sync: Any, retry: Any) -> None:
    operation = rollout_entry.operation(entry("dev", "Pending"), generated("dev", syncPolicy=policy))
    assert (operation["sync"], operation["retry"]) == (sync, retry)


def test_several_sources_have_a_revision_each() -> None:
    sources = [{"repoURL": "r"}, {"repoURL": "q"}]
    child = live("dev", sync="OutOfSync", revision=f"{A},{B}", spec={"source": None, "sources": sources})
    operation = operations(look([child]))["dev"]
    assert operation["sync"]["revisions"] == [A, B]


def test_automated_sync_is_off_for_all_and_absent_where_it_was() -> None:
    plain = generated("qa", syncPolicy=None)
    found = look([live("dev"), live("qa")], wanted=[generated("dev"), plain])
    dev, qa = found.applications
    assert dev["spec"]["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True, "enabled": False}
    assert qa["spec"]["syncPolicy"] is None


def begun(name: str, phase: str = "Running", *, mark: Manifest | None = None, at: str = T0, **more: Any) -> Manifest:
    """The operationState of the operation that `mark`'s turn asked for, or of somebody else's."""
    asked = rollout_entry.operation(mark, generated(name)) if mark else {"sync": {}}
    return {"operation": asked, "phase": phase, "startedAt": at, **more}


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        ("Running", "became Progressing"),
        ("Succeeded", "completed a sync successfully"),
        ("Failed", "completed a sync"),
        ("Error", "completed a sync"),
    ],
)
def test_a_pending_application_progresses_with_its_own_sync_however_that_ends(phase: str, message: str) -> None:
    turn = entry("dev", "Pending")
    child = live("dev", sync="OutOfSync", operationState=begun("dev", phase, mark=turn))
    found = look([child], [turn])
    assert messages(found) == {"dev": f"Application resource {message}, updating status from Pending to Progressing"}
    assert operations(found) == {}


def test_a_sync_that_is_not_this_turns_does_not_count() -> None:
    turn = entry("dev", "Pending", since=T1)
    earlier = entry("dev", "Pending", since=T0)
    for state in (
        None,
        begun("dev", at=T1),  # somebody's, in the second of the turn itself
        begun("dev", mark=earlier, at=T1),
        begun("dev", mark=turn, syncResult={"source": {"repoURL": "other"}}),
    ):
        found = look([live("dev", sync="OutOfSync", operationState=state)], [turn], now=T2)
        assert statuses(found) == {"dev": "Pending"}, state
        assert operations(found), "it is asked for until it begins"


def test_a_later_sync_of_somebody_elses_counts() -> None:
    child = live("dev", sync="OutOfSync", operationState=begun("dev", at=T2))
    assert statuses(look([child], [entry("dev", "Pending", since=T1)])) == {"dev": "Progressing"}


@pytest.mark.parametrize("kind", ["InvalidSpecError", "UnknownError"])
def test_one_that_cannot_sync_progresses_without(kind: str) -> None:
    child = live("dev", sync="Unknown", conditions=[{"type": kind, "message": "x"}])
    found = look([child], [entry("dev", "Pending")])
    assert messages(found) == {"dev": "Application resource has error and cannot sync, updating status to Progressing"}


def test_progress_ends_with_health_and_only_so() -> None:
    turn = entry("dev", "Progressing")
    for child in (
        live("dev", health="Degraded"),
        live("dev", sync="OutOfSync"),
        live("dev", sync="Unknown"),
        live("dev", health="Missing"),
    ):
        assert statuses(look([child], [turn])) == {"dev": "Progressing"}
    assert messages(look([live("dev")], [turn])) == {
        "dev": "Application resource became Healthy, updating status from Progressing to Healthy"
    }


@pytest.mark.parametrize("status", ["Waiting", "Pending", "Progressing", "Healthy"])
def test_a_new_revision_begins_anew(status: str) -> None:
    found = look([live("dev", sync="OutOfSync", revision=B)], [entry("dev", status)], steps=[{"maxUpdate": 0}])
    assert statuses(found) == {"dev": "Waiting"}
    assert messages(found) == {"dev": "Application has pending changes, setting status to Waiting"}
    assert found.entries[0]["targetRevisions"] == [B]


def test_another_spec_begins_anew_and_an_old_synced_proves_nothing() -> None:
    wanted = [generated("dev", source={"repoURL": "r", "targetRevision": "v2"})]
    found = look([live("dev")], [entry("dev", "Healthy")], wanted)
    assert statuses(found) == {"dev": "Waiting"}
    assert messages(found) == {"dev": "Application has pending changes (spec differs), setting status to Waiting"}
    written = live("dev", spec={"source": wanted[0]["spec"]["source"]})
    written["status"]["sync"]["comparedTo"] = live("dev")["status"]["sync"]["comparedTo"]
    found = look([written], found.entries, wanted)
    assert statuses(found) == {"dev": "Waiting"}, "its status is about the spec before"
    found = look([live("dev", spec={"source": wanted[0]["spec"]["source"]})], found.entries, wanted)
    assert statuses(found) == {"dev": "Healthy"}


def test_both_changed_is_told_as_both() -> None:
    wanted = [generated("dev", project="other")]
    found = look([live("dev", revision=B)], [entry("dev", "Healthy")], wanted)
    assert messages(found)["dev"].startswith("Application has pending changes (revision and spec differ)")


def test_ignored_differences_begin_nothing() -> None:
    rules = [{"jsonPointers": ["/spec/source/targetRevision"]}]
    wanted = [generated("dev", source={"repoURL": "r", "targetRevision": "v2", "path": "dev"})]
    found = look([live("dev")], [entry("dev", "Healthy")], wanted, ignoreApplicationDifferences=rules)
    assert statuses(found) == {"dev": "Healthy"}


def test_a_policy_that_forbids_updates_does_not_wait_for_them() -> None:
    wanted = [generated("dev", project="other")]
    policy = {"applicationsSync": "create-only"}
    assert statuses(look([live("dev")], [entry("dev", "Healthy")], wanted, syncPolicy=policy)) == {"dev": "Healthy"}


def test_entries_of_applications_that_are_gone_go_and_all_are_sorted() -> None:
    found = look([live("qa"), live("dev")], [entry("gone", "Healthy")])
    assert [one["application"] for one in found.entries] == ["dev", "qa"]


def test_more_applications_than_fit_into_one_object_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout, "MOST_APPLICATIONS", 2)
    with pytest.raises(UserError, match="a RollingSync has at most 2 Applications; make several ApplicationSets"):
        look([live("dev"), live("qa"), live("prod")])


def test_a_second_look_changes_nothing() -> None:
    first = look([live("dev"), live("qa", sync="OutOfSync")])
    assert look([live("dev"), live("qa", sync="OutOfSync")], first.entries, now=T2).entries == first.entries


# --- order ------------------------------------------------------------------------------------------------------------


def test_a_step_waits_for_all_before_it() -> None:
    children = [live(env, sync="OutOfSync", revision=B) for env in ("dev", "qa", "prod")]
    found = look(children, [entry(env, "Healthy") for env in ("dev", "qa", "prod")])
    assert statuses(found) == {"dev": "Pending", "qa": "Waiting", "prod": "Waiting"}
    assert condition(found, "RolloutProgressing") == (
        True,
        "ApplicationSetModified",
        "ApplicationSet is performing rollout of step 1",
    )


@pytest.mark.parametrize("status", ["Waiting", "Pending", "Progressing"])
def test_one_that_is_not_through_keeps_the_next_step_closed(status: str) -> None:
    sync = "OutOfSync" if status == "Waiting" else "Unknown"
    children = [live("dev", sync=sync), live("qa", sync="OutOfSync")]
    found = look(children, [entry("dev", status), entry("qa", "Waiting", 2)])
    assert statuses(found)["qa"] == "Waiting"


def test_one_that_was_healthy_and_is_not_any_more_keeps_the_next_step_closed() -> None:
    children = [live("dev", health="Degraded"), live("qa", sync="OutOfSync")]
    found = look(children, [entry("dev", "Healthy"), entry("qa", "Waiting", 2)])
    assert statuses(found) == {"dev": "Healthy", "qa": "Waiting"}


def test_one_that_is_generated_but_not_there_yet_keeps_the_next_step_closed() -> None:
    children = [live("qa", sync="OutOfSync")]
    found = look(children, [entry("qa", "Waiting", 2)], [generated("dev"), generated("qa")])
    assert statuses(found) == {"qa": "Waiting"}
    assert condition(found, "InvalidRolloutConfig")[2] == "Step 3 has no applications matching its criteria"


def test_who_has_not_seen_the_commit_yet_has_not_passed() -> None:
    """argo-cd#29410: prod is compared first, dev still shows the commit before as Synced and Healthy."""
    children = [live("dev", revision=A), live("prod", sync="OutOfSync", revision=B)]
    entries = [entry("dev", "Healthy"), entry("prod", "Healthy", 3)]
    found = look(children, entries)
    assert statuses(found) == {"dev": "Healthy", "prod": "Waiting"}
    assert found.stale == {"dev", "prod"}, "both are looked at anew: nobody knows which of the two is behind"
    assert operations(found) == {}
    seen = [live("dev", sync="OutOfSync", revision=B), children[1]]
    found = look(seen, found.entries)
    assert statuses(found) == {"dev": "Pending", "prod": "Waiting"}
    assert found.stale == frozenset()


def test_who_follows_something_else_is_not_waited_for() -> None:
    other = {"source": {"repoURL": "r", "targetRevision": "v1"}}
    children = [live("dev", revision=A, spec=other), live("prod", sync="OutOfSync", revision=B)]
    found = look(children, [entry("dev", "Healthy"), entry("prod", "Healthy", 3)])
    assert statuses(found)["prod"] == "Pending"


def test_a_status_from_before_the_spec_opens_nothing() -> None:
    child = live("dev", sync="OutOfSync")
    child["status"]["sync"]["comparedTo"] = {"source": {"repoURL": "old"}}
    found = look([child], [entry("dev", "Waiting")])
    assert statuses(found) == {"dev": "Waiting"}
    assert found.stale == {"dev"}


def test_applications_in_no_step_are_never_synced_and_hold_nobody_up() -> None:
    children = [live("plain", "none", sync="OutOfSync"), live("dev", sync="OutOfSync")]
    found = look(children)
    assert statuses(found) == {"plain": "Waiting", "dev": "Pending"}
    assert {one["application"]: one["step"] for one in found.entries} == {"plain": "-1", "dev": "1"}
    assert list(operations(found)) == ["dev"]
    done = look([children[0], live("dev")], [entry("dev", "Healthy"), entry("plain", "Waiting", -1)])
    assert condition(done, "RolloutProgressing")[0] is False


@pytest.mark.parametrize(
    ("max_update", "pending"), [(None, 4), (0, 0), (1, 1), (3, 3), ("50%", 2), ("10%", 1), ("0%", 0), ("x", 1)]
)
def test_no_more_than_max_update_are_under_way(max_update: Any, pending: int) -> None:
    children = [live(f"dev-{number}", "dev", sync="OutOfSync") for number in range(4)]
    steps = [{**STEPS[0], "maxUpdate": max_update}]
    found = look(children, steps=steps)
    assert list(statuses(found).values()).count("Pending") == pending
    again = look(children, found.entries, steps=steps)
    assert list(statuses(again).values()).count("Pending") == pending, "those under way count"


def test_one_that_comes_through_makes_room() -> None:
    steps = [{**STEPS[0], "maxUpdate": 1}]
    children = [live("dev-0", "dev"), live("dev-1", "dev", sync="OutOfSync"), live("dev-2", "dev", sync="OutOfSync")]
    entries = [entry("dev-0", "Progressing"), entry("dev-1", "Waiting"), entry("dev-2", "Waiting")]
    found = look(children, entries, steps=steps)
    assert statuses(found) == {"dev-0": "Healthy", "dev-1": "Pending", "dev-2": "Waiting"}


def test_one_in_two_steps_counts_in_its_first_and_holds_the_second() -> None:
    steps = [STEPS[0], {"matchExpressions": [{"key": "env", "operator": "In", "values": ["dev", "qa"]}]}, STEPS[2]]
    children = [live(env, sync="OutOfSync") for env in ("dev", "qa", "prod")]
    found = look(children, steps=steps)
    assert statuses(found) == {"dev": "Pending", "qa": "Waiting", "prod": "Waiting"}
    assert condition(found, "InvalidRolloutConfig") == (
        True,
        "ApplicationSetInvalidRolloutConfig",
        "Application 'dev' is selected by multiple steps (1 and 2)",
    )


def test_when_all_are_through_the_rollout_is_complete() -> None:
    found = look([live("dev"), live("qa"), live("prod")])
    assert condition(found, "RolloutProgressing") == (
        False,
        "ApplicationSetRolloutComplete",
        "ApplicationSet Rollout has completed",
    )
    assert condition(found, "InvalidRolloutConfig") == (
        False,
        "ApplicationSetValidRolloutConfig",
        "Rolling Sync Configured correctly",
    )
