from __future__ import annotations

from typing import Any

from dokaseca.generate import status
from dokaseca.generate.status import Outcome
from dokaseca.model.application_set import Reason

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


def test_other_conditions_and_fields_stay() -> None:
    before = {
        "conditions": [{"type": "RolloutProgressing", "status": "True", "message": "m", "reason": "r"}],
        "applicationStatus": [{"application": "a"}],
    }
    found = status.status(before, Outcome(), [], NOW)
    assert found["applicationStatus"] == before["applicationStatus"]
    assert "RolloutProgressing" in _by_type(found)
    assert found["health"]["status"] == "Progressing"


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
