"""Indexes of chart repositories: cut where they are large, and read the same either way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.adapters import chart_index
from dokaseca.kit import bounds, yaml_out
from dokaseca.model.errors import UserError

REPOSITORY = "https://charts.example.com/stable"
SMALL = b"# x\n"
LARGE = b"# " + b"x" * chart_index.CUT_BYTES + b"\n"

NAMES = st.sampled_from(["demo", "on", "1.0", "a-b", "=", "- x", "#", "x: y", "two\nlines", ""])
VALUES = st.none() | st.integers(0, 9) | st.sampled_from(["1.2.3", "yes", "a: b", "one\n\n  two\n", "#", "", "a.tgz"])
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "version": VALUES,
        "urls": st.lists(VALUES, max_size=2) | VALUES,
        "digest": VALUES,
        "description": VALUES,
    },
)
CHARTS = st.dictionaries(NAMES, st.lists(ENTRIES | VALUES, max_size=3) | VALUES, max_size=4)


def _read(text: bytes) -> Any:
    try:
        return chart_index.parse(text, REPOSITORY)
    except UserError as error:
        return str(error)


@given(CHARTS, st.sampled_from(["", "---\n"]), st.booleans())
def test_a_large_index_is_read_as_a_small_one_is(charts: Any, before: str, is_last: bool) -> None:
    others = {"apiVersion": "v1", "generated": "now"}
    document = {**others, "entries": charts} if is_last else {"entries": charts, **others}
    text = (before + yaml_out.dump(document)).encode()
    indented = text.replace(b"\n- ", b"\n  - ")
    assert _read(text + LARGE) == _read(text)
    assert _read(indented + LARGE) == _read(indented)


ENTRY = "  demo:\n  - version: 1.0.0\n    urls: [demo.tgz]\n"


@pytest.mark.parametrize(
    "text",
    [
        f"entries:\n{ENTRY}",
        f"entries:\n{ENTRY}  other:\n  # c\n\n    - version: 2.0.0\n      urls:\n      - o.tgz\n# c\ngenerated: x\n",
        f"entries:\n{ENTRY}{ENTRY}",
        f"entries:\n{ENTRY}---\nentries:\n{ENTRY}",
        f"entries:\n{ENTRY}---\n  late: []\n",
        f"entries:\n{ENTRY}  -x: []\n",
        f"entries:\n{ENTRY}entries:\n{ENTRY}",
        f"entries:\n{ENTRY}...\n",
        f"entries:\n{ENTRY}  other: [\n",
        f"entries:\n{ENTRY}  other: &x\n  - version: 2.0.0\n    urls: [o.tgz]\n  third: *x\n",
        f"entries:\n{ENTRY}  <<: {{x: []}}\n",
        f"entries:\n{ENTRY}  'a: \"\n  b': []\n",
        "entries:\n  - version: 1.0.0\n",
        "entries: {}\n",
        f"entries: # c\n{ENTRY}",
        f"entries:\r\n{ENTRY}",
        f"a: |\n  x\n  entries:\n  y\nentries:\n{ENTRY}",
        f'a: "\nentries:\n  x: y\n"\nentries:\n{ENTRY}',
        f"entries:\n{ENTRY}tail: [\n",
        "- entries\n",
        '{"entries": {"demo": [{"version": "1.0.0", "urls": ["demo.tgz"]}]}}\n',
        "",
    ],
)
def test_where_an_index_cannot_be_cut_it_is_read_whole(text: str) -> None:
    assert _read(text.encode() + LARGE) == _read(text.encode() + SMALL)


def test_an_error_in_a_large_index_is_told_with_its_line() -> None:
    text = f"apiVersion: v1\nentries:\n{ENTRY}  bad:\n  - a: 1\n    a: 2\n".encode() + LARGE
    with pytest.raises(UserError, match=r"index.yaml:8:5: key 'a' is there twice"):
        chart_index.parse(text, REPOSITORY)


def test_an_index_may_be_larger_than_a_manifest() -> None:
    about = "x" * 1_000_000
    lines = [f"  c{n}:\n  - version: 1.0.0\n    urls: [c.tgz]\n    description: {about}\n" for n in range(17)]
    for header in ("entries:\n", "entries: # not to be cut\n"):
        text = (header + "".join(lines)).encode()
        assert len(text) > bounds.YAML_DOCUMENT_BYTES
        found = chart_index.parse(text, REPOSITORY)
        assert found["c16"] == {"1.0.0": (f"{REPOSITORY}/c.tgz", "")}
        assert len(found) == 17


def test_the_login_goes_to_the_same_server_only() -> None:
    base = "https://user:secret@charts.example.com/stable/"
    assert chart_index.joined(base, "a.tgz") == base + "a.tgz"
    assert (
        chart_index.joined(base, "https://charts.example.com/a.tgz") == "https://user:secret@charts.example.com/a.tgz"
    )
    assert chart_index.joined(base, "https://other.example.com/a.tgz") == "https://other.example.com/a.tgz"
    assert chart_index.joined(base, "http://charts.example.com/a.tgz") == "http://charts.example.com/a.tgz"
