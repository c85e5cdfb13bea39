"""The cases of tests/cases/template, whose every file is a family of templates.

A file holds `cases`, and may say of all of them `engine: fast` (Go otherwise) and `helm`. A case has a `name`, a
`template`, `params` where those of params.yaml do not serve, `missingkey`, and either `expected` or `error`, which is
how the message ends. `helm` says why Helm's engine, to which the others are held, does otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dokaseca.kit import yaml_in

FOLDER = Path(__file__).parents[3] / "cases" / "template"
_PARAMS = "params.yaml"


@dataclass(frozen=True)
class TemplateCase:
    """One case; `expected` is None where `error` is told."""

    name: str
    template: str
    params: dict[str, Any]
    is_go: bool
    missing_key: str
    expected: str | None
    error: str
    helm: str
    is_alone: bool

    @property
    def is_like_helms(self) -> bool:
        return self.is_go and not self.helm


def _load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = yaml_in.load_all(path.read_text(encoding="utf-8"), subject=path.name)[0].value
    return value


def _of_file(path: Path, shared: dict[str, Any]) -> Iterator[TemplateCase]:
    family = _load(path)
    for case in family["cases"]:
        assert ("expected" in case) != ("error" in case), case["name"]
        yield TemplateCase(
            name=f"{path.stem}: {case['name']}",
            template=case["template"],
            params=case.get("params", shared),
            is_go=family.get("engine") != "fast",
            missing_key=case.get("missingkey", "default"),
            expected=case.get("expected"),
            error=case.get("error", ""),
            helm=case.get("helm", family.get("helm", "")),
            is_alone="helm" in case,
        )


def load() -> list[TemplateCase]:
    """All cases, by file and then in order."""
    shared = _load(FOLDER / _PARAMS)
    files = [path for path in sorted(FOLDER.glob("*.yaml")) if path.name != _PARAMS]
    return [case for path in files for case in _of_file(path, shared)]
