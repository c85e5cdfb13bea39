from typing import Any

import pytest

from dokaseca.flow.diff import respect


def deployment(replicas: int | None = 1, *containers: tuple[str, str]) -> dict[str, Any]:
    spec: dict[str, Any] = {} if replicas is None else {"replicas": replicas}
    spec["containers"] = [{"name": name, "image": image} for name, image in containers]
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def rule(*pointers: str, **more: Any) -> list[dict[str, Any]]:
    return [{"group": "apps", "kind": "Deployment", "jsonPointers": list(pointers), **more}]


def test_an_ignored_field_is_written_as_it_is() -> None:
    found = respect.target(deployment(1), deployment(7), rule("/spec/replicas"))
    assert found["spec"]["replicas"] == 7


def test_an_ignored_field_that_the_cluster_lacks_is_not_written() -> None:
    assert "replicas" not in respect.target(deployment(1), deployment(None), rule("/spec/replicas"))["spec"]


@pytest.mark.parametrize(("whole", "expected"), [(False, False), (True, True)])
def test_a_field_that_git_does_not_name_is_written_only_when_all_is_replaced(whole: bool, expected: bool) -> None:
    found = respect.target(deployment(None), deployment(7), rule("/spec/replicas"), whole=whole)
    assert ("replicas" in found["spec"]) is expected


def test_siblings_and_other_items_stay_as_git_wants_them() -> None:
    wanted = deployment(1, ("a", "a:2"), ("b", "b:2"))
    live = deployment(7, ("b", "b:1"), ("a", "a:1"), ("c", "c:1"))
    rules = rule(jqPathExpressions=['.spec.containers[] | select(.name == "b") | .image'])
    found = respect.target(wanted, live, rules)
    assert found == deployment(1, ("a", "a:2"), ("b", "b:1"))


def test_an_ignored_item_stays_as_the_cluster_has_it() -> None:
    wanted, live = deployment(1, ("a", "a:2"), ("b", "b:2")), deployment(1, ("a", "a:1"), ("b", "b:1"))
    rules = rule(jqPathExpressions=['.spec.containers[] | select(.name == "b")'])
    assert respect.target(wanted, live, rules) == deployment(1, ("a", "a:2"), ("b", "b:1"))


def test_an_object_that_no_entry_speaks_of_is_itself() -> None:
    wanted = deployment(1)
    assert respect.target(wanted, deployment(7), rule("/spec/replicas", name="other")) is wanted


def test_a_status_is_never_copied() -> None:
    live = {**deployment(1), "status": {"replicas": 1}}
    assert "status" not in respect.target(deployment(1), live, rule("/status"), whole=True)
