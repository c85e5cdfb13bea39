"""Every folder of tests/cases/danger is one case: input.yaml (base, head; absent for none), expected.yaml, why.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dokaseca.flow.diff import danger
from dokaseca.kit import yaml_in

CASES = Path(__file__).parents[3] / "cases" / "danger"


def _load(path: Path) -> Any:
    return yaml_in.load(path.read_text(), subject=str(path))


@pytest.mark.parametrize("name", sorted(one.name for one in CASES.iterdir()))
def test_case(name: str) -> None:
    given, expected = _load(CASES / name / "input.yaml"), _load(CASES / name / "expected.yaml")
    assert (CASES / name / "why.md").read_text().strip()
    found = danger.find(given.get("base"), given.get("head"))
    assert [{"rule": one.rule, "level": one.level, "path": one.path} for one in found] == expected["found"]
    assert all(one.message for one in found)


def test_what_becomes_cluster_admin_is_named() -> None:
    binding = _load(CASES / "cluster-admin-new" / "input.yaml")["head"]
    (found,) = danger.find(None, binding)
    assert found.message == "ServiceAccount a/b becomes cluster-admin of the whole cluster"
