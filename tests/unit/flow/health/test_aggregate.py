"""An Application's health."""

from __future__ import annotations

import pytest

from dokaseca.flow.health import aggregate
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import ObjectKey


def _change(
    name: str, kind: str = "Deployment", *, live: bool = True, hook: bool = False, ignored: bool = False
) -> Change:
    group = {"Application": "argoproj.io", "Service": ""}.get(kind, "apps")
    annotations = {aggregate.IGNORE: "true"} if ignored else {}
    manifest = {"kind": kind, "metadata": {"name": name, "annotations": annotations}}
    key = ObjectKey(group, kind, "n", name)
    return Change(key, "v1", manifest, manifest if live else None, SyncStatus.SYNCED, hook=hook)


def _judge(*pairs: tuple[Change, Health | None]) -> Verdict:
    verdicts = {change.key: Verdict(health) for change, health in pairs if health is not None}
    return aggregate.aggregate(ChangeSet(tuple(change for change, _ in pairs)), verdicts)


def test_no_objects_are_healthy() -> None:
    assert _judge() == Verdict(Health.HEALTHY)


@pytest.mark.parametrize(("worse", "better"), list(zip(reversed(Health), list(reversed(Health))[1:], strict=False)))
def test_the_worst_verdict_counts_and_names_its_objects(worse: Health, better: Health) -> None:
    found = _judge((_change("a"), better), (_change("b"), worse), (_change("c"), worse))
    assert found == Verdict(worse, "Caused by apps/Deployment:n/b, apps/Deployment:n/c")


def test_three_objects_are_named_and_the_core_group_is_left_out() -> None:
    found = _judge(*((_change(f"s{number}", "Service"), Health.DEGRADED) for number in range(5)))
    assert found.message == "Caused by Service:n/s0, Service:n/s1, Service:n/s2 and 2 more"


def test_an_object_without_health_does_not_count() -> None:
    assert _judge((_change("a"), None)) == Verdict(Health.HEALTHY)


def test_hooks_and_objects_marked_to_be_ignored_do_not_count() -> None:
    found = _judge(
        (_change("a"), Health.HEALTHY),
        (_change("b", hook=True), Health.DEGRADED),
        (_change("c", ignored=True), Health.DEGRADED),
    )
    assert found == Verdict(Health.HEALTHY)


def test_missing_objects_count_only_when_nothing_is_live() -> None:
    assert _judge((_change("a", live=False), None), (_change("b"), Health.HEALTHY)).status is Health.HEALTHY
    assert _judge((_change("a", live=False), None), (_change("b", live=False), None)) == Verdict(Health.MISSING)
    assert _judge((_change("a", live=False), None), (_change("h", hook=True), Health.HEALTHY)).status is Health.MISSING


@pytest.mark.parametrize(
    ("health", "counts"), [(Health.MISSING, False), (Health.UNKNOWN, False), (Health.DEGRADED, True)]
)
def test_a_child_application_that_is_missing_or_unknown_does_not_count(health: Health, counts: bool) -> None:
    found = _judge((_change("child", "Application"), health))
    assert found.status is (health if counts else Health.HEALTHY)
