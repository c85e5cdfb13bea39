from __future__ import annotations

from typing import Any

import orjson

from dokaseca.generate import status
from dokaseca.generate.rollout import Rollout
from dokaseca.generate.status import Outcome
from dokaseca.model.application_set import ConditionType, Reason

NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"


def _by_type(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {condition["type"]: condition for condition in found["conditions"]}


def test_success_sets_all_three_conditions_sorted_by_type() -> None:
    found = status.status(None, Outcome(), [], NOW)
    assert [condition["type"] for condition in found["conditions"]] == [
        "ErrorOccurred",
        "ParametersGenerated",
        "ResourcesUpToDate",
    ]
    conditions = _by_type(found)
    assert conditions["ErrorOccurred"]["status"] == "False"
    assert conditions["ErrorOccurred"]["reason"] == "ApplicationSetUpToDate"
    assert conditions["ResourcesUpToDate"]["message"] == "All applications have been generated successfully"
    assert found["health"]["status"] == "Healthy"
    assert found["resourcesCount"] == 0


def test_a_generation_error_forces_resources_up_to_date_to_false() -> None:
    found = status.status(None, Outcome("broken", Reason.GENERATION_ERROR, parameters_generated=False), [], NOW)
    conditions = _by_type(found)
    assert conditions["ErrorOccurred"] == {
        "type": "ErrorOccurred",
        "status": "True",
        "reason": "ApplicationGenerationFromParamsError",
        "message": "broken",
        "lastTransitionTime": NOW,
    }
    assert conditions["ParametersGenerated"]["status"] == "False"
    assert conditions["ParametersGenerated"]["reason"] == "ErrorOccurred"
    assert conditions["ResourcesUpToDate"]["status"] == "False"
    assert found["health"]["status"] == "Degraded"


def test_a_validation_error_leaves_parameters_generated() -> None:
    found = status.status(None, Outcome("bad project", Reason.VALIDATION_ERROR), [], NOW)
    assert _by_type(found)["ParametersGenerated"]["status"] == "True"
    assert _by_type(found)["ErrorOccurred"]["reason"] == "ApplicationValidationError"


def test_transition_times_move_only_with_a_change() -> None:
    first = status.status(None, Outcome(), [], NOW)
    assert status.status(first, Outcome(), [], LATER) == first
    failed = status.status(first, Outcome("x", Reason.CREATE_ERROR), [], LATER)
    assert _by_type(failed)["ErrorOccurred"]["lastTransitionTime"] == LATER
    assert _by_type(failed)["ParametersGenerated"]["lastTransitionTime"] == NOW
    assert failed["health"]["lastTransitionTime"] == LATER


def test_what_others_write_stays() -> None:
    before = {"conditions": [{"type": "Theirs", "status": "True", "message": "m", "reason": "r"}], "theirs": 1}
    found = status.status(before, Outcome(), [], NOW)
    assert found["theirs"] == 1
    assert "Theirs" in _by_type(found)


def _rolling(*entries: dict[str, Any], progressing: bool = True) -> Rollout:
    told = (ConditionType.ROLLOUT_PROGRESSING, progressing, Reason.MODIFIED, "rolling")
    return Rollout(entries, (), (told,), frozenset())


def test_a_rollout_is_told_while_it_lasts_and_goes_with_its_strategy() -> None:
    entry = {"application": "a", "status": "Waiting"}
    rolling = status.status(None, Outcome(rollout=_rolling(entry)), [], NOW)
    assert rolling["applicationStatus"] == [entry]
    assert _by_type(rolling)["RolloutProgressing"]["message"] == "rolling"
    assert rolling["health"]["status"] == "Progressing"
    broken = status.status(rolling, Outcome("x", Reason.GENERATION_ERROR, is_whole=False), [], NOW)
    assert broken["applicationStatus"] == [entry], "an error says nothing about the rollout"
    assert _by_type(broken)["RolloutProgressing"]["status"] == "True"
    over = status.status(rolling, Outcome(), [], NOW)
    assert "applicationStatus" not in over
    assert "RolloutProgressing" not in _by_type(over)


def test_held_deletions_are_an_error_and_a_condition_until_nothing_is_held() -> None:
    held = status.status(None, Outcome(held="kept", held_reason=Reason.EMPTY_SOURCE), [], NOW)
    by_type = _by_type(held)
    assert (by_type["DeletionHeld"]["status"], by_type["DeletionHeld"]["reason"]) == ("True", "EmptySource")
    assert by_type["ErrorOccurred"]["reason"] == "DeleteApplicationError"
    assert by_type["ErrorOccurred"]["message"] == "kept"
    assert [one["type"] for one in held["conditions"]] == sorted(by_type)
    both = status.status(None, Outcome("bad", Reason.CREATE_ERROR, held="kept"), [], NOW)
    assert _by_type(both)["ErrorOccurred"]["message"] == "bad"
    assert _by_type(both)["DeletionHeld"]["message"] == "kept"
    assert "DeletionHeld" in _by_type(status.status(held, Outcome("x", is_whole=False), [], NOW))
    assert "DeletionHeld" not in _by_type(status.status(held, Outcome(), [], NOW))


def test_resources_are_sorted_and_cut() -> None:
    children = [
        {"metadata": {"name": f"app-{number:05d}", "namespace": "argocd"}, "status": {"sync": {"status": "Synced"}}}
        for number in reversed(range(5001))
    ]
    found = status.status(None, Outcome(), children, NOW)
    assert found["resourcesCount"] == 5001
    assert len(found["resources"]) == 5000
    assert found["resources"][0] == {
        "group": "argoproj.io",
        "version": "v1alpha1",
        "kind": "Application",
        "name": "app-00000",
        "namespace": "argocd",
        "status": "Synced",
    }


def test_a_resource_shows_its_health() -> None:
    child = {"metadata": {"name": "a"}, "status": {"health": {"status": "Degraded", "message": "why"}}}
    assert status.resources([child])[0]["health"] == {"status": "Degraded", "message": "why"}


def test_resources_leave_room_for_the_rollout() -> None:
    children = [{"metadata": {"name": f"app-{number:05d}", "namespace": "argocd"}} for number in range(5000)]
    long = [{"application": "a", "message": "x" * 1_000_000}]
    found = status.status(None, Outcome(rollout=_rolling(*long)), children, NOW)
    assert found["resourcesCount"] == 5000
    assert 1000 < len(found["resources"]) < 3000
    assert len(orjson.dumps(found)) < 1_300_000
    assert len(status.status(None, Outcome(), children, NOW)["resources"]) == 5000


def test_health_follows_the_worst_condition() -> None:
    def health(**conditions: str) -> str:
        listed = [{"type": name, "status": value, "message": name} for name, value in conditions.items()]
        return status.health(listed, None, NOW)["status"]

    assert status.health([], None, NOW)["message"] == "No status conditions found for ApplicationSet"
    assert health(ErrorOccurred="True", RolloutProgressing="True", ResourcesUpToDate="True") == "Degraded"
    assert health(ErrorOccurred="False", RolloutProgressing="True", ResourcesUpToDate="True") == "Progressing"
    assert health(RolloutProgressing="False", ResourcesUpToDate="True") == "Healthy"
    assert health(ErrorOccurred="False", ResourcesUpToDate="False") == "Unknown"
    assert health(ParametersGenerated="True") == "Unknown"
