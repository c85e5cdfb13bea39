"""Every folder of tests/cases/diff is one case: input.yaml, expected.yaml and a line of why.

input.yaml holds `target`, `live` and may hold `ignore` (spec.ignoreDifferences); expected.yaml holds `paths`, or
`error` (part of the message).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dokaseca.flow.diff import compare
from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.change import SyncStatus
from dokaseca.model.errors import UserError

CASES = Path(__file__).parents[3] / "cases" / "diff"


def _load(path: Path) -> Any:
    return yaml_in.load(path.read_text(), subject=str(path))


@pytest.mark.parametrize("name", sorted(one.name for one in CASES.iterdir()))
def test_case(name: str) -> None:
    given, expected = _load(CASES / name / "input.yaml"), _load(CASES / name / "expected.yaml")
    assert (CASES / name / "why.md").read_text().strip()
    options = compare.CompareOptions(tuple(given.get("ignore", ())))
    key = manifests.key(given["target"])
    if "error" in expected:
        with pytest.raises(UserError) as caught:
            compare.compare({key: given["target"]}, {key: given["live"]}, options)
        assert expected["error"] in str(caught.value)
        assert "ignoreDifferences" in str(caught.value)
        return
    (change,) = compare.compare({key: given["target"]}, {key: given["live"]}, options).changes
    assert list(change.paths) == sorted(expected["paths"])
    assert change.status is (SyncStatus.OUT_OF_SYNC if expected["paths"] else SyncStatus.SYNCED)
