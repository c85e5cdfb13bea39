"""Every folder of tests/cases/render: files and sources in, objects or an error out; `why.md` tells the rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.flow.render.bench import Bench, content

from dokaseca.flow.render import plugin_definition
from dokaseca.flow.render.request import ResolvedSource
from dokaseca.kit import yaml_in, yaml_out
from dokaseca.model.errors import UserError
from dokaseca.model.settings import Settings

CASES = sorted((Path(__file__).resolve().parents[3] / "cases/render").iterdir())

pytestmark = pytest.mark.asyncio(loop_scope="module")


def load(path: Path) -> dict[str, Any]:
    value = yaml_in.load(path.read_bytes(), subject=path.name)
    assert isinstance(value, dict)
    return value


def sources(bench: Bench, given: dict[str, Any]) -> list[ResolvedSource]:
    """The sources of a case: each reads `repo`, or another key of the input that its `from` names."""
    found = []
    for spec in given["sources"]:
        spec = dict(spec)
        name = spec.pop("from", "repo")
        files = {path: content(value) for path, value in given[name].items()}
        if "chart" in spec:
            found.append(bench.chart({path: str(value) for path, value in given[name].items()}, spec))
        else:
            found.append(bench.source(files, spec))
    return found


def surroundings(given: dict[str, Any]) -> dict[str, Any]:
    """What a case says beside its files: `settings` of the platform owner, `plugins` that are registered.

    These plugins may reach the network, so that they run where none can be confined too.
    """
    around = dict(given.get("around") or {})
    around["settings"] = Settings(given.get("settings") or {})
    around["plugins"] = tuple(
        plugin_definition.parse(yaml_out.dump(one).encode(), subject="plugin.yaml", network=True)
        for one in given.get("plugins") or ()
    )
    return around


@pytest.mark.parametrize("case", CASES, ids=[one.name for one in CASES])
async def test_case(case: Path, bench: Bench) -> None:
    given, expected = load(case / "input.yaml"), load(case / "expected.yaml")
    assert (case / "why.md").read_text().strip()
    around = surroundings(given)
    if "error" in expected:
        with pytest.raises(UserError, match=expected["error"]) as caught:
            await bench.render(*sources(bench, given), **around)
        assert caught.value.reason == expected["reason"]
        assert caught.value.subject.startswith(expected.get("subject", "")), caught.value.subject
        assert "/tmp" not in str(caught.value)
        return
    rendered = await bench.render(*sources(bench, given), **around)
    assert list(rendered.objects) == expected["objects"]
    for name in ("source_types", "origins"):
        if name in expected:
            assert list(getattr(rendered, name)) == expected[name]
