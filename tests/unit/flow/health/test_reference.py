"""docs/reference/health-rules.md lists the rules that there are."""

from __future__ import annotations

import re
from pathlib import Path

from dokaseca.flow.health import declared, rules

RULES = Path(str(rules.__file__)).parent
PAGE = Path(__file__).parents[4] / "docs" / "reference" / "health-rules.md"
ROW = re.compile(r"\| `[^|]+` \| [^|]+ \|")


def _rows() -> list[str]:
    rows = []
    for file in sorted(RULES.glob("*.yaml")):
        kinds = sorted("all others" if kind == "*" else kind for kind in declared.rules_of(file.name))
        rows.append(f"| `{file.stem.replace('_', '*')}` | {', '.join(kinds)} |")
    return rows


def test_every_declared_rule_is_listed_and_no_other() -> None:
    listed = [line for line in PAGE.read_text().splitlines() if ROW.fullmatch(line)]
    assert sorted(listed) == sorted(_rows())


def test_every_written_rule_is_named() -> None:
    text = PAGE.read_text().lower()
    kinds = {file.stem for file in RULES.glob("*/*.py") if file.stem != "__init__"}
    assert {kind for kind in kinds if not re.search(rf"\b{kind}\b", text)} == set()
