"""A status stays small enough to be stored, and says what it leaves out."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from dokaseca.controllers import application_size
from dokaseca.kit import bounds

BARE = {"kind": "Application", "spec": {}}


def entry(number: int, kind: str = "ConfigMap", status: str = "Synced", **more: Any) -> dict[str, Any]:
    return {"version": "v1", "kind": kind, "namespace": "team", "name": f"c{number:05}", "status": status, **more}


def result(number: int, status: str = "Synced", **more: Any) -> dict[str, Any]:
    said = {"message": f"configmap/c{number:05} created", "syncPhase": "Sync", "hookPhase": "Running"}
    return {**entry(number, status=status), **said, **more}


def status(objects: list[dict[str, Any]], results: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    state = {"phase": "Succeeded", "message": "done", "syncResult": {"revision": "a", "resources": results}}
    return {"resources": objects, "operationState": state, "sync": {"status": "Synced"}, **more}


def size(value: Any) -> int:
    return len(orjson.dumps(value))


def results_of(small: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = small["operationState"]["syncResult"]["resources"]
    return found


def test_a_small_status_stays_as_it_is() -> None:
    given = status([entry(1)], [result(1)])
    assert application_size.bounded(given, BARE) == (given, "")


def test_messages_of_what_went_well_go_first() -> None:
    given = status([entry(one) for one in range(4_200)], [result(one) for one in range(4_200)])
    assert size(given) > application_size.STATUS_BYTES
    small, left_out = application_size.bounded(given, BARE)
    assert size(small) <= application_size.STATUS_BYTES
    assert small["resources"] == given["resources"]
    assert [one["name"] for one in results_of(small)] == [one["name"] for one in given["resources"]]
    assert not any("message" in one for one in results_of(small))
    assert left_out.startswith("the status cuts long messages: ")


def test_then_results_that_went_well_but_neither_failures_nor_hooks() -> None:
    bad = {10_001: result(10_001, "SyncFailed", message="no"), 10_002: result(10_002, hookType="Sync", message="ran")}
    results = [*(result(one) for one in range(10_000)), *bad.values()]
    small, left_out = application_size.bounded(status([entry(one) for one in range(6_000)], results), BARE)
    assert size(small) <= application_size.STATUS_BYTES
    assert len(small["resources"]) == 6_000
    kept = results_of(small)
    assert [(one["name"], one.get("message")) for one in kept[-2:]] == [("c10001", "no"), ("c10002", None)]
    assert f"leaves out {10_002 - len(kept)} results of the last operation: " in left_out


def test_then_objects_that_are_in_order_but_never_a_kind() -> None:
    objects = [entry(one) for one in range(12_000)]
    objects[9_000] = entry(9_000, status="OutOfSync")
    objects[9_001] = entry(9_001, health={"status": "Degraded"})
    objects[9_002] = entry(9_002, kind="Secret")
    results = [result(one) for one in range(12_000)]
    results[11_000] = result(11_000, "SyncFailed") | {"kind": "Job"}
    small, left_out = application_size.bounded(status(objects, results), BARE)
    assert size(small) <= application_size.STATUS_BYTES
    shown = small["resources"]
    assert [one for one in objects[9_000:9_003] if one not in shown] == []
    assert [one["name"] for one in shown] == sorted(one["name"] for one in shown)
    assert results[11_000] in results_of(small)
    assert f"{12_000 - len(shown)} objects and {12_000 - len(results_of(small))} results" in left_out


def test_as_many_as_fit_are_kept() -> None:
    given = status([entry(one) for one in range(20_000)], [])
    small, _ = application_size.bounded(given, BARE)
    assert application_size.STATUS_BYTES - 1_000 < size(small) <= application_size.STATUS_BYTES


def test_less_fits_beside_a_large_spec() -> None:
    spec = {"kind": "Application", "spec": {"values": "x" * 900_000}, "status": {"old": "y" * 900_000}}
    small, left_out = application_size.bounded(status([entry(one) for one in range(9_000)], []), spec)
    assert left_out
    assert size({**spec, "status": small}) < bounds.OBJECT_BYTES


def test_long_messages_and_very_many_conditions_are_cut() -> None:
    conditions = [{"type": "SharedResourceWarning", "message": f"{one} " + "m" * 5_000} for one in range(1_000)]
    small, left_out = application_size.bounded(status([entry(1)], [result(1)], conditions=conditions), BARE)
    assert len(small["conditions"]) == application_size.CONDITIONS
    assert {len(one["message"]) for one in small["conditions"]} == {application_size.MESSAGE_CHARACTERS}
    assert small["resources"] == [entry(1)]
    assert "cuts long messages" in left_out


@pytest.mark.parametrize("objects", [4_200, 12_000])
def test_what_has_been_made_small_is_not_made_smaller(objects: int) -> None:
    given = status([entry(one) for one in range(objects)], [result(one) for one in range(objects)])
    small, _ = application_size.bounded(given, BARE)
    assert application_size.bounded(small, BARE) == (small, "")
