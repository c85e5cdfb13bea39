"""What tests/cases/health expects of the rules.

A folder is one case: input.yaml (a live object), expected.yaml and a line of why. expected.yaml holds `status` and may
hold `message` (a part of it; empty: no message at all), or `none: true`.

A file holds many: apiVersion -> kind -> why -> the case, whose `expect` is the status; `message` as above; everything
else is the object.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dokaseca.flow.health import assess, declared, rules
from dokaseca.kit import yaml_in
from dokaseca.model.identity import GroupKind

CASES = Path(__file__).parents[3] / "cases" / "health"
NAMES = sorted(one.name for one in CASES.iterdir() if one.is_dir())
RULES = Path(str(rules.__file__)).parent


def _load(path: Path) -> Any:
    return yaml_in.load(path.read_text(), subject=str(path))


def _compact() -> list[tuple[str, str, str, dict[str, Any]]]:
    return [
        (version, kind, why, case)
        for file in sorted(CASES.glob("*.yaml"))
        for version, kinds in _load(file).items()
        for kind, cases in kinds.items()
        for why, case in cases.items()
    ]


COMPACT = _compact()
FOLDERS = [(_load(CASES / one / "input.yaml"), _load(CASES / one / "expected.yaml")) for one in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str) -> None:
    live, expected = _load(CASES / name / "input.yaml"), _load(CASES / name / "expected.yaml")
    assert (CASES / name / "why.md").read_text().strip()
    verdict = assess.assess(live)
    if expected.get("none"):
        assert verdict is None
        return
    assert verdict is not None
    assert verdict.status.value == expected["status"]
    assert expected.get("message", "") in verdict.message
    assert verdict.message == "" or expected.get("message") != ""


@pytest.mark.parametrize(
    ("version", "kind", "case"),
    [(version, kind, case) for version, kind, _, case in COMPACT],
    ids=[f"{version.partition('/')[0]}-{kind}-{why}" for version, kind, why, _ in COMPACT],
)
def test_compact_case(version: str, kind: str, case: dict[str, Any]) -> None:
    content = {name: value for name, value in case.items() if name not in ("expect", "message")}
    verdict = assess.assess({"apiVersion": version, "kind": kind, **content})
    assert verdict is not None
    assert verdict.status.value == case["expect"], verdict.message
    assert case.get("message", "") in verdict.message
    assert verdict.message == "" or case.get("message") != ""


def test_there_are_many_cases() -> None:
    assert len(NAMES) + len(COMPACT) >= 400


def test_every_written_rule_has_a_case() -> None:
    kinds = {file.stem for file in RULES.glob("*/*.py") if file.stem != "__init__"}
    assert {kind for kind in kinds if not any(name.startswith(f"{kind}-") for name in NAMES)} == set()


def _told(rule: declared.Rule, file: str, kind: str) -> set[str]:
    """The healths that cases expect of a declared rule, found as an object's rule is found."""
    told = {case["expect"] for version, name, _, case in COMPACT if _rule(version.rpartition("/")[0], name) is rule}
    return told | {
        expected["status"]
        for live, expected in FOLDERS
        if "status" in expected
        and live.get("kind") == kind
        and f"{str(live['apiVersion']).rpartition('/')[0]}.yaml" == file
    }


def _rule(group: str, kind: str) -> declared.Rule | None:
    return declared.rule_or_none(GroupKind(group, kind))


@pytest.mark.parametrize("file", sorted(file.name for file in RULES.glob("*.yaml")))
def test_every_declared_rule_has_a_healthy_case_and_another(file: str) -> None:
    for kind, rule in declared.rules_of(file).items():
        told = _told(rule, file, kind)
        assert "Healthy" in told, kind
        is_always_healthy = all(test.always for check in rule.checks for test in check.tests)
        assert is_always_healthy or len(told) > 1, kind


@pytest.mark.parametrize("file", sorted(file.name for file in RULES.glob("*.yaml")))
def test_every_kind_that_a_rule_names_has_a_case(file: str) -> None:
    named = {kind for kind in declared.rules_of(file) if "*" not in kind}
    assert named - {kind for _, kind, _, _ in COMPACT} - {live.get("kind") for live, _ in FOLDERS} == set()
