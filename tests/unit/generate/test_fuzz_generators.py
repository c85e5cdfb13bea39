"""The fuzzer of ApplicationSets runs, finds nothing in a short run, and would say what it finds."""

from __future__ import annotations

import pytest
from fuzz import application_sets, generators, support

from dokaseca.generate import expand


def _set(**spec: object) -> dict[str, object]:
    return application_sets.application_set({"template": {"metadata": {"name": "{{a}}"}}, **spec})


def test_a_short_run_finds_nothing() -> None:
    assert support.until(0.0, [generators.a_selector_only_takes_away], first_seed=1)["rounds_count"] == 1


def test_what_is_right_is_generated_and_what_is_wrong_is_refused() -> None:
    world = application_sets.World()
    found, error = generators.expanded_or_error(_set(generators=[{"list": {"elements": [{"a": "b"}]}}]), world)
    assert [one["metadata"]["name"] for one in found or []] == ["b"]
    assert error == ""
    assert generators.expanded_or_error(_set(generators=3), world)[1].endswith("spec.generators must be a list")


def test_an_exception_that_is_not_ours_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise TypeError("found")

    monkeypatch.setattr(expand, "expand", broken)
    with pytest.raises(TypeError, match="found"):
        generators.expanded_or_error(_set(), application_sets.World())


def test_what_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generators, "TIMEOUT_SECONDS", 0.05)
    with pytest.raises(AssertionError, match=r"it takes more than 0\.05 s"), generators.in_time():
        while True:
            pass
