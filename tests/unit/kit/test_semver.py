"""Versions and ranges as Masterminds/semver reads them; Helm's own engine is the judge."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator

import pytest
from helm_python import HelmError, _native
from helm_python.chart import Chart
from hypothesis import given, settings
from hypothesis import strategies as st

from dokaseca.kit import semver


def _matches(constraint: str, text: str) -> bool:
    version = semver.parse_or_none(text)
    assert version is not None
    return semver.matches(constraint, version)


@pytest.mark.parametrize(
    ("constraint", "inside", "outside"),
    [
        ("~1.2", "1.2.0 1.2.9", "1.1.9 1.3.0 2.0.0"),
        ("~1", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
        ("^0.3", "0.3.0 0.3.9", "0.2.9 0.4.0 1.0.0"),
        ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
        ("^0", "0.0.0 0.9.9", "1.0.0"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"),
        (">=1 <2", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        (">=1, <2", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("1.x", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("1.2.*", "1.2.0 1.2.9", "1.3.0"),
        ("1.2", "1.2.0 1.2.9", "1.3.0"),
        ("1.2.3", "1.2.3 v1.2.3 1.2.3+b", "1.2.4 1.2.3-rc.1"),
        ("1 - 2.3", "1.0.0 2.3.9", "0.9.9 2.4.0"),
        ("1.2 || 3", "1.2.5 3.9.0", "1.3.0 2.0.0 4.0.0"),
        ("!=1.2.3", "1.2.4", "1.2.3"),
        (">1.2", "1.3.0", "1.2.9"),
        ("<=1.2", "1.2.9", "1.3.0"),
        ("*", "0.0.0 9.9.9", "1.0.0-rc.1"),
        ("*-0", "0.0.0-rc.1 9.9.9", ""),
        (">=1.0.0-0", "1.0.0-rc.1 2.0.0-alpha 1.0.0", "0.9.0"),
        (">=1.0.0", "1.0.0", "1.1.0-rc.1"),
        ("v1.2.x", "1.2.3 v1.2.0", "1.3.0"),
        (">=2024.01", "2024.01.05 2024.1.5 2024.10.01", "2023.12.31"),
        ("18446744073709551615.x", "18446744073709551615.0.1", "1.0.0"),
    ],
)
def test_a_range_holds_what_it_should(constraint: str, inside: str, outside: str) -> None:
    assert [text for text in inside.split() if not _matches(constraint, text)] == []
    assert [text for text in outside.split() if _matches(constraint, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "main",
        "feature/x",
        "1.2.3.4",
        ">",
        ">=",
        "1.2,",
        "~main",
        "||",
        "1 || ",
        "a - b",
        "9" * 600,
        "18446744073709551616.x",
    ],
)
def test_what_is_no_range_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="not a version range: "):
        semver.matches(text, semver.Version(1, 0, 0))
    assert semver.best_or_none(text, ["1.0.0"]) is None
    assert not semver.is_constraint(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1.2.3",
        "1.2.3 ",
        "1.2.3.4",
        "18446744073709551616.0.0",
        "1.2.3-01",
        "main",
        "1.2.3-",
        "v",
        "1..2",
        "1.2.3-é",
        "9" * 600,
    ],
)
def test_what_is_no_version_is_none(text: str) -> None:
    assert semver.parse_or_none(text) is None


@pytest.mark.parametrize(
    ("text", "is_range"),
    [
        ("*", True),
        ("1.x", True),
        ("~1.2", True),
        ("^1", True),
        (">=1.0.0", True),
        ("1.0.0 - 2.0.0", True),
        ("1.2.3", False),
        ("v1.2.3", False),
        ("1.2.3-rc.1", False),
        ("1.2", False),
        ("main", False),
        ("release-1.x", False),
        ("x", True),
        ("HEAD", False),
        ("1.2.3-x", False),
        ("2024.01.05", False),
        (" 1.2.3 ", False),
    ],
)
def test_an_exact_version_or_a_name_is_no_range(text: str, is_range: bool) -> None:
    assert semver.is_constraint(text) is is_range


def test_the_order_of_versions() -> None:
    texts = [
        "0.9.9",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    versions = [semver.parse_or_none(text) for text in texts]
    assert sorted([versions[3], *versions[4:], *versions[:3]]) == versions  # type: ignore[type-var]
    assert semver.parse_or_none("1.0.0+a") == semver.parse_or_none("v1")
    assert len({semver.parse_or_none("1.0.0+a"), semver.parse_or_none("1")}) == 1


def test_the_best_version_is_the_greatest_that_fits() -> None:
    versions = ["1.0.0", "v1.4.0", "1.10.0", "2.0.0", "1.11.0-rc.1", "latest"]
    assert semver.best_or_none("1.x", versions) == "1.10.0"
    assert semver.best_or_none("1.x-0", versions) == "1.11.0-rc.1"
    assert semver.best_or_none("<=1.5", versions) == "v1.4.0"
    assert semver.best_or_none("3.x", versions) is None


@given(st.permutations(["1.0.0", "v1.0.0", "1.0.0+a", "1.0.0+b"]))
def test_the_best_version_does_not_depend_on_the_order(versions: list[str]) -> None:
    assert semver.best_or_none("1", versions) == "v1.0.0"


@pytest.fixture(scope="module")
def helm() -> Iterator[Chart]:
    files = {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
        "c/templates/a.yaml": "{{ semverCompare .Values.constraint .Values.version }}",
    }
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    chart = Chart.load_archive(archive.getvalue())
    yield chart
    chart.close()


NUMBERS = st.sampled_from(["0", "1", "2", "3", "10", "01"])
TAILS = st.sampled_from(["", "", "", "-0", "-alpha", "-beta.1", "-01", "-1.x", "+b1"])
VERSIONS = st.builds(
    "{}{}{}".format, st.sampled_from(["", "v"]), st.lists(NUMBERS, min_size=1, max_size=3).map(".".join), TAILS
)
WILD = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "v"]),
    st.lists(NUMBERS | st.sampled_from(["x", "*"]), min_size=1, max_size=3).map(".".join),
    TAILS,
)
OPERATORS = st.sampled_from(["", "=", "!=", ">", "<", ">=", "<=", "=>", "=<", "~", "~>", "^"])
TERMS = st.builds("{}{}{}".format, OPERATORS, st.sampled_from(["", " "]), WILD)
CONSTRAINTS = (
    TERMS
    | st.builds("{}{}{}".format, TERMS, st.sampled_from([" ", ", ", ",", " || "]), TERMS)
    | st.builds("{} - {}".format, WILD, WILD)
)


@settings(max_examples=400)
@given(constraint=CONSTRAINTS, text=VERSIONS)
def test_helms_engine_agrees(helm: Chart, constraint: str, text: str) -> None:
    values = json.dumps({"constraint": constraint, "version": text})
    try:
        expected = "true" in _native.call_string("helm_render", helm._raw(), values, json.dumps({"name": "r"}))
    except HelmError:
        expected = None
    version = semver.parse_or_none(text)
    try:
        found = semver.matches(constraint, version) if version is not None else None
    except ValueError:
        found = None
    assert found is expected
