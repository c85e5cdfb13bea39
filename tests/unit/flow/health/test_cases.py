"""Every folder of tests/cases/health is one case: input.yaml (a live object), expected.yaml and a line of why.

expected.yaml holds `status` and may hold `message` (a part of it; empty: no message at all), or `none: true`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dokaseca.flow.health import assess, rules
from dokaseca.kit import yaml_in

CASES = Path(__file__).parents[3] / "cases" / "health"
NAMES = sorted(one.name for one in CASES.iterdir())


def _load(path: Path) -> Any:
    return yaml_in.load(path.read_text(), subject=str(path))


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


def test_every_rule_has_a_case() -> None:
    files = Path(str(rules.__file__)).parent.glob("*/*.py")
    kinds = {file.stem for file in files if file.stem != "__init__"}
    assert {kind for kind in kinds if not any(name.startswith(f"{kind}-") for name in NAMES)} == set()
