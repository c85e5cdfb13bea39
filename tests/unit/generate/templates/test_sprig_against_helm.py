"""Helm's engine as oracle: every line of sprig_expressions.txt gives the same text, or an error in both.

Left out on purpose: what Helm changes itself (fromJson, `<no value>`), and `duration` of an untyped integer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dokaseca.generate import params
from dokaseca.generate.templates.gotemplate import template
from dokaseca.kit.clock import SystemClock
from dokaseca.model.errors import UserError

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


def _ours(text: str, values: dict[str, Any]) -> tuple[bool, str]:
    try:
        compiled = template.compile_text(text, "zero")
        assert compiled is not None
        return True, compiled[0]({"Values": params.from_json(values)}, SystemClock())
    except UserError as error:
        return False, str(error)


def test_every_expression_gives_what_helm_gives() -> None:
    pytest.importorskip("helm_python", reason="the oracle needs helm-python-sdk")
    expressions = (HERE / "sprig_expressions.txt").read_text().splitlines()
    assert len(expressions) > 350
    cases = [(f"{{{{ with .Values }}}}{{{{ {expression} }}}}{{{{ end }}}}", VALUES) for expression in expressions]
    answer = subprocess.run(
        [sys.executable, str(HERE / "sprig_oracle.py")],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    differing = []
    for (text, values), (helm_ok, helm_text) in zip(cases, json.loads(answer.stdout), strict=True):
        ok, ours = _ours(text, values)
        if ok != helm_ok or (ok and ours.replace("<no value>", "") != helm_text):
            differing.append((text, helm_text, ours))
    assert differing == []
