"""Helm as oracle: every line of sprig_expressions.txt gives the same text, or the same error at the same place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.generate.templates import oracle

HERE = Path(__file__).parent
VALUES: dict[str, Any] = {
    "s": "Hello World",
    "l": ["b", "a", "c", "a", ""],
    "m": {"x": "1", "y": {"z": "q"}},
    "n": 3,
    "f": 2.5,
    "t": True,
    "big": 1234567,
    "e": "",
}


def test_every_expression_gives_what_helm_gives() -> None:
    pytest.importorskip("helm_python", reason="the oracle needs helm-python-sdk")
    expressions = (HERE / "sprig_expressions.txt").read_text().splitlines()
    assert len(expressions) > 350
    cases = [oracle.Case(f"{{{{ {expression} }}}}", VALUES) for expression in expressions]
    with oracle.Oracle() as helm:
        assert oracle.differences(helm, cases) == []
