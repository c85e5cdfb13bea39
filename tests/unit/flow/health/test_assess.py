"""Whatever a controller writes into a status, a pass goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dokaseca.flow.health import assess
from dokaseca.kit import yaml_in
from dokaseca.model.health import Verdict
from dokaseca.model.identity import GroupKind

CASES = Path(__file__).parents[3] / "cases" / "health"
OBJECTS = [yaml_in.load((one / "input.yaml").read_text(), subject=one.name) for one in sorted(CASES.glob("*/"))]
OBJECTS += [
    {"apiVersion": version, "kind": kind, **case}
    for file in sorted(CASES.glob("*.yaml"))
    for version, kinds in yaml_in.load(file.read_text(), subject=file.name).items()
    for kind, cases in kinds.items()
    for case in cases.values()
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A real object in which some values are replaced by anything."""
    return _damage(draw, draw(st.sampled_from(OBJECTS)))


def _damage(draw: st.DrawFn, value: Any) -> Any:
    if draw(st.integers(0, 11)) == 0:
        return draw(ANYTHING)
    if isinstance(value, dict):
        return {name: _damage(draw, inner) for name, inner in value.items()}
    return [_damage(draw, item) for item in value] if isinstance(value, list) else value


@given(damaged().filter(lambda value: isinstance(value, dict)))
def test_any_object_gives_a_verdict_or_none(live: dict[str, Any]) -> None:
    verdict = assess.assess(live)
    assert verdict is None or isinstance(verdict, Verdict)


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_kind_has_a_rule_or_none(group: str, kind: str) -> None:
    rule = assess.rule_or_none(GroupKind(group, kind))
    assert rule is None or callable(rule)


@given(st.sampled_from(OBJECTS))
def test_assessing_is_deterministic_and_changes_nothing(live: dict[str, Any]) -> None:
    before = repr(live)
    assert assess.assess(live) == assess.assess(live)
    assert repr(live) == before


def test_modules_that_are_no_rules_are_not_found() -> None:
    for group, kind in (
        ("", "__init__"),
        ("apps", "__Init__"),
        ("", ""),
        ("..", "Pod"),
        ("core", "..pod"),
        ("rules", "x"),
    ):
        assert assess.rule_or_none(GroupKind(group, kind)) is None
