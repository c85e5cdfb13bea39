"""The reference of ApplicationSets names every case and every field, and names nothing that does not exist."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from dokaseca.generate.generators import (
    cluster_decision_resource,
    clusters,
    git,
    matrix,
    merge,
    plugin,
    pull_request,
    registry,
    scm_provider,
    scm_provider_filters,
)
from dokaseca.generate.generators import list as list_generator
from dokaseca.model import application_set as application_sets

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/reference/applicationsets.md"
CASES = ROOT / "tests/cases/generate"
TEMPLATES = ROOT / "tests/cases/template"
CODE = re.compile(r"`([^`]+)`")
REASON = re.compile(r"not supported: .")
PROVIDERS = {"scmProvider": scm_provider._PROVIDERS, "pullRequest": pull_request._PROVIDERS}
FIELDS = {
    "list": list_generator._FIELDS,
    "clusters": clusters._FIELDS,
    "git": (*git._FIELDS, *git._ENTRY_FIELDS),
    "matrix": matrix._FIELDS,
    "merge": merge._FIELDS,
    "scmProvider": (*scm_provider._FIELDS, *scm_provider_filters._FIELDS, *scm_provider._PROVIDERS),
    "pullRequest": (*pull_request._FIELDS, *pull_request._FILTERS, *pull_request._PROVIDERS),
    "clusterDecisionResource": cluster_decision_resource._FIELDS,
    "plugin": plugin._FIELDS,
}


def evidence(page: str) -> list[tuple[str, str]]:
    """(rule, what holds it) of every row of every table; the heading and its line are none."""
    rows = [line for line in page.splitlines() if line.startswith("|") and not line.startswith("|---")]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in rows]
    return [(one[0].strip(), one[-1].strip()) for one in cells if one[-1].strip() != "held by"]


def names(page: str) -> set[str]:
    """The cases and tests that the page names."""
    return {name for _, held_by in evidence(page) if not REASON.match(held_by) for name in CODE.findall(held_by)}


def sections(page: str) -> dict[str, str]:
    """The text below each heading of the second level."""
    return {part.partition("\n")[0]: part for part in page.split("\n## ")[1:]}


@functools.cache
def texts_of(file: str) -> list[str]:
    """The test files of this name, wherever they are."""
    return [one.read_text() for one in (ROOT / "tests").rglob(file)]


def unknown_or_none(name: str) -> str | None:
    """Why a name in the last column is neither a case nor a test."""
    file, _, function = name.partition("::")
    if "/" in name:  # a case of another room
        return None if (ROOT / "tests/cases" / name).exists() else f"there is no {name}"
    if not file.endswith(".py"):
        return None if (CASES / name).is_dir() else f"there is no case {name}"
    found = texts_of(file)
    if not found:
        return f"there is no {file}"
    if function and not any(f"def {function}(" in one for one in found):
        return f"{file} has no {function}"
    return None


def test_what_the_page_names_exists() -> None:
    assert [why for name in sorted(names(PAGE.read_text())) if (why := unknown_or_none(name))] == []


def test_every_case_is_named() -> None:
    cases = {case.name for case in CASES.iterdir() if case.is_dir()}
    cases |= {f"template/{file.name}" for file in TEMPLATES.glob("*.yaml") if file.name != "params.yaml"}  # no case
    assert len(cases) > 500
    assert sorted(cases - names(PAGE.read_text())) == [], "say in docs/reference/applicationsets.md what they hold"


def test_every_rule_is_held_by_something_or_says_why_not() -> None:
    rules = evidence(PAGE.read_text())
    assert len(rules) > 200
    unheld = [rule for rule, held_by in rules if not CODE.search(held_by) and not REASON.match(held_by)]
    assert unheld == []


@pytest.mark.parametrize("kind", application_sets.GENERATOR_KINDS)
def test_every_field_of_a_generator_is_explained_in_its_section(kind: str) -> None:
    written = set(CODE.findall(sections(PAGE.read_text())[kind]))
    assert sorted(set(FIELDS[kind]) - written) == []
    for name, provider in PROVIDERS.get(kind, {}).items():
        row = next(line for line in sections(PAGE.read_text())[kind].splitlines() if line.startswith(f"| `{name}`"))
        own = [getattr(provider, "owner", ""), getattr(provider, "repository", "")]
        assert sorted({*filter(None, own), *provider.required, *provider.fields} - set(CODE.findall(row))) == [], name


def test_every_generator_is_known() -> None:
    assert set(FIELDS) == {*registry._TERMINAL, *registry._COMBINING} == set(application_sets.GENERATOR_KINDS)


def test_a_name_of_nothing_is_told() -> None:
    rows = [
        "rule | held by",
        "a \\| b | `no-such-case`, `template/no.yaml`, `test_no.py`, `test_cases.py::test_no`",
        "c | not supported: `x`",
    ]
    page = "\n".join(f"| {row} |" for row in rows)
    assert evidence(page)[0][0] == "a \\| b"
    assert [unknown_or_none(name) for name in sorted(names(page))] == [
        "there is no case no-such-case",
        "there is no template/no.yaml",
        "test_cases.py has no test_no",
        "there is no test_no.py",
    ]
