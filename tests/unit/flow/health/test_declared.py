"""Declared rules: what each word means, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.flow.health import declaration, declared
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import GroupKind


def _judge(rule: dict[str, Any], **live: Any) -> Verdict:
    parsed = declaration.parse({"rules": [{"kinds": ["K"], **rule}]}, "g.yaml")["K"]
    return declared.judge(parsed, live)


def _ready(status: str, **more: Any) -> dict[str, Any]:
    return {"conditions": [{"type": "Ready", "status": status, **more}]}


HEALTHY = {"Healthy": {"condition": "Ready"}}


def test_ready_is_healthy_degraded_or_passing() -> None:
    rule = {"ready": "Ready", "passing": ["Creat*"]}
    assert _judge(rule, status=_ready("True", message="fine")) == Verdict(Health.HEALTHY, "fine")
    assert _judge(rule, status=_ready("False", reason="Creating")).status is Health.PROGRESSING
    broken = _judge(rule, status=_ready("False", reason="Bad"))
    assert broken == Verdict(Health.DEGRADED, "condition Ready is False (Bad)")
    assert _judge(rule, status=_ready("Unknown", message="hm")) == Verdict(Health.PROGRESSING, "hm")
    assert _judge(rule) == Verdict(Health.PROGRESSING, "waiting for condition Ready")


def test_the_first_check_that_holds_decides_and_all_its_tests_must_hold() -> None:
    checks = [{"Suspended": [{"field": "spec.off", "is": True}, {"condition": "Ready"}], "say": "off"}, HEALTHY]
    assert _judge({"checks": checks}, spec={"off": True}, status=_ready("True")) == Verdict(Health.SUSPENDED, "off")
    assert _judge({"checks": checks}, spec={"off": False}, status=_ready("True")).status is Health.HEALTHY
    assert _judge({"checks": checks}, spec={"off": 1}, status=_ready("True")).status is Health.HEALTHY
    assert _judge({"checks": checks}, spec={"off": True}).status is Health.PROGRESSING


def test_what_no_check_knows_is_as_otherwise_says() -> None:
    rule = {"checks": [{"Healthy": {"field": "status.phase", "is": "Up"}}], "otherwise": "Unknown"}
    assert _judge(rule, status={"phase": "Odd"}) == Verdict(Health.UNKNOWN, "status.phase is Odd")
    assert _judge(rule).message == "status.phase is not set yet"
    assert _judge(rule, status={"phase": "Odd", "message": "why"}).message == "why"


def test_behind_is_progressing_only_where_the_controller_tells_what_it_saw() -> None:
    rule = {"behind": True, "checks": [HEALTHY]}
    metadata = {"generation": 3}
    assert _judge(rule, metadata=metadata, status=_ready("True")).status is Health.HEALTHY
    seen = {**_ready("True"), "observedGeneration": 3}
    assert _judge(rule, metadata=metadata, status=seen).status is Health.HEALTHY
    assert _judge(rule, metadata=metadata, status={**seen, "observedGeneration": 2}).status is Health.PROGRESSING


def test_a_condition_tells_itself_whether_it_is_behind() -> None:
    rule = {"checks": [{"Progressing": {"behind": "Ready"}}, HEALTHY]}
    told = {2: Health.PROGRESSING, 3: Health.HEALTHY}
    for seen, health in told.items():
        assert _judge(rule, metadata={"generation": 3}, status=_ready("True", observedGeneration=seen)).status is health


def test_conditions_of_many_parents_hold_for_one_or_for_every() -> None:
    parents = [_ready("True"), _ready("False")]
    question = {"condition": "Ready", "in": "status.parents.*.conditions"}
    assert _judge({"checks": [{"Healthy": question}]}, status={"parents": parents}).status is Health.HEALTHY
    every = {"checks": [{"Healthy": {**question, "every": True}}]}
    assert _judge(every, status={"parents": parents}).status is Health.PROGRESSING
    assert _judge(every, status={"parents": parents[:1]}).status is Health.HEALTHY
    assert _judge(every, status={"parents": []}).status is Health.PROGRESSING


def test_severity_and_absence_of_a_condition() -> None:
    severe = {"checks": [{"Degraded": {"condition": "Ready", "is": "False", "severity": "Error"}}, HEALTHY]}
    assert _judge(severe, status=_ready("False", severity="Error")).status is Health.DEGRADED
    assert _judge(severe, status=_ready("False", severity="Info")).status is Health.PROGRESSING
    absent = {"checks": [{"Healthy": {"condition": "Ready", "set": False}}]}
    assert _judge(absent).status is Health.HEALTHY
    assert _judge(absent, status=_ready("True")).status is Health.PROGRESSING


@pytest.mark.parametrize(
    ("question", "status", "holds"),
    [
        ({"at_least": "spec.replicas"}, {"x": 2}, True),
        ({"at_least": "spec.replicas"}, {"x": 1}, False),
        ({"at_least": "spec.replicas", "or": 0}, {}, False),
        ({"at_least": "spec.gone", "or": 1}, {}, True),
        ({"at_least": "spec.replicas"}, {}, False),
        ({"set": True}, {"x": 0}, True),
        ({"set": True}, {"x": ""}, False),
        ({"set": False}, {}, True),
        ({"set": False}, {"x": [1]}, False),
        ({"is_not": ["a"]}, {"x": "b"}, True),
        ({"is_not": ["a"]}, {"x": "a"}, False),
        ({"is_not": ["a"]}, {}, False),
        ({"is": "", "or": ""}, {}, True),
        ({"is": 0}, {"x": False}, False),
    ],
)
def test_what_a_field_is_asked(question: dict[str, Any], status: dict[str, Any], holds: bool) -> None:
    rule = {"checks": [{"Healthy": {"field": "status.x", **question}}], "otherwise": "Unknown"}
    verdict = _judge(rule, spec={"replicas": 2}, status=status)
    assert (verdict.status is Health.HEALTHY) == holds


def test_the_message_is_the_objects_own_where_it_has_one() -> None:
    rule = {"message": "status.error", "checks": [{"Degraded": {"field": "status.phase", "is": "Bad"}}, HEALTHY]}
    assert _judge(rule, status={"phase": "Bad", "error": "disk full"}) == Verdict(Health.DEGRADED, "disk full")
    assert _judge(rule, status={"phase": "Bad"}) == Verdict(Health.DEGRADED, "status.phase is Bad")


def _wrong(rule: Any) -> str:
    with pytest.raises(declaration.DeclarationError) as caught:
        declaration.parse({"rules": [rule]}, "g.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"ready": "Ready"}, "g.yaml: rule 1: must be a mapping that names `kinds`"),
        ({"kinds": ["K"]}, "g.yaml: rule 1: nothing would ever be Healthy"),
        ({"kinds": ["K"], "redy": "Ready"}, "g.yaml: rule 1: unknown redy; known are behind, checks"),
        ({"kinds": ["K", "K"], "ready": "Ready"}, "g.yaml: kind K has two rules"),
        ({"kinds": ["K"], "checks": ["x"]}, "g.yaml: rule 1, check 1: must be a mapping such as"),
        ({"kinds": ["K"], "checks": [{}]}, "check 1: must name one health, has none"),
        ({"kinds": ["K"], "checks": [{"Fine": {"always": True}}]}, "'Fine' is no health; one of Healthy, Suspended"),
        ({"kinds": ["K"], "checks": [{"Healthy": []}]}, "has no test; one that always holds is `always: true`"),
        ({"kinds": ["K"], "checks": [{"Healthy": {"phase": "x"}}]}, "a test asks about one of always, behind"),
        (
            {"kinds": ["K"], "checks": [{"Healthy": {"field": "a"}}]},
            "a field is asked one of at_least, is, is_not, set",
        ),
        ({"kinds": ["K"], "checks": [{"Healthy": {"field": "a", "has": 1}}]}, "unknown has; known are"),
        ({"kinds": ["K"], "ready": "Ready", "otherwise": "Odd"}, "'Odd' is no health"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(rule: Any, message: str) -> None:
    assert message in _wrong(rule)


def test_a_file_that_holds_no_rules_is_refused() -> None:
    with pytest.raises(declaration.DeclarationError, match=r"g\.yaml: must be a mapping with a list of `rules`"):
        declaration.parse(["x"], "g.yaml")


def test_the_nearest_wildcard_serves_groups_without_a_file() -> None:
    exact = declared.rule_or_none(GroupKind("pkg.crossplane.io", "Provider"))
    assert exact is declared.rules_of("pkg.crossplane.io.yaml")["Provider"]
    near = declared.rules_of("_.crossplane.io.yaml")
    assert declared.rule_or_none(GroupKind("s3.aws.crossplane.io", "Bucket")) is near["*"]
    assert declared.rule_or_none(GroupKind("aws.crossplane.io", "ProviderConfig")) is near["ProviderConfig"]
    templates = declared.rules_of("infrastructure.cluster.x-k8s.io.yaml")["*Template"]
    assert declared.rule_or_none(GroupKind("infrastructure.cluster.x-k8s.io", "OddMachineTemplate")) is templates
    assert declared.rule_or_none(GroupKind("crossplane.io", "Bucket")) is None
    assert declared.rule_or_none(GroupKind("a.b.c.d.e.f.g.h.i.crossplane.io", "Bucket")) is None
