"""The fast way of reading YAML says the same as the exact way, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dokaseca.kit import bounds, yaml_fast, yaml_in, yaml_out

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "realworld"
CHARTS = sorted(one.parent for one in (ROOT / "examples" / "charts").glob("*/Chart.yaml"))

WORDS = "y n yes No ON off true ~ null 0 07 0777 0o17 0x1F 0b1 1_000 _1 1e3 1.0 1.50 -0 -0.0 .5 5. +1 9 12:30 .inf .nan"
LARGE = "9223372036854775807 9223372036854775808 1e400 123456789012345678901234567890 2001-01-01 1.2.3 0x 0_1 1e16"
SIGNS = "a b é : - ? [ ] { } , # & * ! | > ' \" % @ ` \\ = << |- >- |+ |2 ' #' --- ... //"
SPACES = [" ", "  ", "\n", "\n", "\n  ", "\n    ", "\n\n", "\t", "\r\n", "\x85", "\u2028", "\ufeff", "\xa0", "\x07"]
PAIRS = ["a: ", "b: ", "- ", "- a\n", "a:\n  ", "'c': ", '"d": ', ", ", ": ", " #c\n", "&x ", "*x", "!!str ", "<<: "]
BLOCKS = ["a: |\n  t\n", "- >-\n  t\n  u\n", "{a: b}", "[1, x]", "'it''s'", '"\\x41\\n"', "x y\n  z", "a: [", "{\n"]
FRAGMENTS = st.sampled_from([*WORDS.split(), *LARGE.split(), *SIGNS.split(), *SPACES, *PAIRS, *PAIRS, *BLOCKS])
HOSTILE = st.lists(FRAGMENTS, max_size=12).map("".join)
LINES = st.lists(
    st.builds(
        "{}{}{}{}\n".format,
        st.sampled_from(["", "", "  ", "    "]),
        st.sampled_from(["", "- ", "a: ", "b: ", "- c: ", "'d': ", "---", "--- ", "# ", "...", "%YAML 1.1"]),
        st.sampled_from(
            ["", "", *WORDS.split(), *LARGE.split(), "[x, 1]", "{x: {y: [z]}}", "'q'", '"r"', "|", ">-", "t u"]
        ),
        st.sampled_from(["", "", "", " ", " # c"]),
    ),
    max_size=8,
).map("".join)
TEXTS = st.text(max_size=8) | st.sampled_from(
    [*WORDS.split(), *LARGE.split(), *SIGNS.split(), "one\ntwo\n", "a: b", "x #y"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def _exactly(text: str) -> list[yaml_in.Document] | str:
    try:
        return [document for document, _ in yaml_in._composed(text, "s") if document.value is not None]
    except yaml_in.InvalidYAML as error:
        return str(error)


def _found(text: str) -> list[yaml_in.Document] | str:
    try:
        return yaml_in.load_all(text, subject="s")
    except yaml_in.InvalidYAML as error:
        return str(error)


def _form(value: Any) -> Any:
    """A value with the types of all that is in it, and the order of keys: 1 is not True is not 1.0."""
    if isinstance(value, dict):
        return [(type(key), key, _form(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [list, *map(_form, value)]
    return type(value), repr(value)


def _assert_same(text: str) -> None:
    found, expected = _found(text), _exactly(text.removeprefix("\ufeff"))
    if isinstance(found, str) or isinstance(expected, str):
        assert found == expected
        return
    assert [(one.line, _form(one.value)) for one in found] == [(one.line, _form(one.value)) for one in expected]


def _is_fast(text: str) -> bool:
    return yaml_fast.read_or_refuse(text) is not yaml_fast.REFUSED


@settings(max_examples=600)
@given(HOSTILE)
@example("- |\n x")
@example("{a:?1}")
@example("[a:]")
@example("{=\n b: c}")
@example("[?]")
@example("a: [it's, [ it's]\n, x\n y: z]")
@example("[a]: b\n")
@example("{a: b}: c\n")
@example("a: |\n\n")
@example("\x85a: 1\n---\nb: 2\n")
def test_any_text_reads_the_same_both_ways(text: str) -> None:
    _assert_same(text)


@settings(max_examples=400)
@given(LINES)
@example("---\na: 1\n---\n\n# c\n  b: 2\n")
@example("\n---\n- x\n---\n")
@example("a: 1\n...\n---\nb: 2\n")
@example("%TAG ! tag:x,2000:\n---\na: !y 1\n---\na: [\n")
@example("a: 'x\n---\ny'\n")
@example("---")
@example("a: 1\n--- |\n  x\n--- # c\nb: 2")
def test_streams_read_the_same_both_ways(text: str) -> None:
    _assert_same(text)


@settings(max_examples=300)
@given(VALUES, st.booleans(), st.sampled_from([20, 80, 4096]))
def test_what_emitters_write_reads_the_same_both_ways(value: Any, is_flow: bool, width: int) -> None:
    _assert_same(yaml.safe_dump({"value": value}, default_flow_style=is_flow, width=width, allow_unicode=True))
    _assert_same(yaml_out.dump_all([{"value": value}, {"other": value}]))


SCALARS = [
    *WORDS.split(),
    *LARGE.split(),
    *SIGNS.split(),
    "1__0",
    "__1",
    "_.1",
    "+0x_f",
    "-0b11",
    "0O7",
    "00.5",
    "0e0",
    "TRUE",
]
PLACES = [
    "a: {}\n",
    "- {}\n",
    "{}: a\n",
    "- [{}]\n",
    "- [x, {}]\n",
    "a: {{b: {}}}\n",
    '- {{"b":{}}}\n',
    "a:\n  {}\n",
    "a: {} # c\n",
]


@pytest.mark.parametrize("place", PLACES)
def test_every_scalar_reads_the_same_in_every_place(place: str) -> None:
    for scalar in SCALARS:
        _assert_same(place.format(scalar))


@given(st.text(alphabet="0123456789+-._exobEXOBaAfFinNF~", min_size=1, max_size=7), st.sampled_from(PLACES))
def test_every_number_reads_the_same_in_every_place(scalar: str, place: str) -> None:
    _assert_same(place.format(scalar))


@pytest.mark.parametrize("folder", [ROOT / "examples", ROOT / "src", REAL], ids=["examples", "src", "realworld"])
def test_files_read_the_same_both_ways(folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip("needs the real repositories next to this one")
    files = [one for one in folder.rglob("*.y*ml") if one.is_file()]
    assert len(files) > 3
    for file in files:
        _assert_same(file.read_text())


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: str(chart.name))
def test_rendered_charts_read_the_same_both_ways(chart: Path) -> None:
    rendered = helm_python.Chart.load(chart).render(values={})
    assert rendered
    for text in rendered.values():
        _assert_same(text)


@pytest.mark.parametrize(
    "text",
    [
        "# c\n\na: 1\nb: [x, {c: 'd'}]\n",
        "description: |-\n  what a person says on it: y\n  - no\n",
        "a: What goes on\n  in more lines.\nb: 'x: y'\n",
        "- 1.5\n- -3\n- true\n- null\n- ~\n- 2001-01-01\n- 10m\n- 1.2.3\n",
        'a: "8080"\nb: "true"\nc: \'0777\'\n',
        'path: .status.conditions[?(@.type=="Ready")].status\n',
        'a: {b: "x[?(@.y)]", c: [--z, http://h:80/p]}\n',
        "digest: 0123abc\n",
        "",
        "# only a comment\n",
    ],
)
def test_what_manifests_are_made_of_goes_the_fast_way(text: str) -> None:
    assert _is_fast(text)
    _assert_same(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: yes\n",
        "on: 1\n",
        "a: 'yes'\n",
        "1: a\n",
        "true: a\n",
        "a: 0777\n",
        "a: 1_000\n",
        "a: 1e3\n",
        "a: 1.0\n",
        "a: .inf\n",
        "a: 9223372036854775808\n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !!str 1\n",
        "<<: {a: 1}\n",
        "? a\n: b\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: \x07\n",
        "\ufeffa: b\n",
        "a: |\n",
        "a: |2\n   x\n",
        "a: |\n  x",
        "a: {\n  b: c}\n",
        "a: [b:]\n",
        "a: 1\na: 2\n",
        "a: [\n",
        "--- a\n",
        "...\n",
        "%YAML 1.1\n",
        "just a text\n",
        "[[a]]: b\n",
    ],
)
def test_what_could_differ_is_refused(text: str) -> None:
    assert not _is_fast(text)


@pytest.mark.parametrize(
    "text",
    [
        "- " * 20_000 + "x\n",
        "".join(" " * column + "a:\n" for column in range(1_000)),
        "[" * 20_000 + "]" * 20_000,
        "a: " + "{b: " * 20_000 + "}" * 20_000,
        "? " * 20_000 + "x\n",
    ],
    ids=["dashes", "columns", "lists", "mappings", "keys"],
)
def test_depth_is_refused_before_a_parser_without_bound_sees_it(text: str) -> None:
    assert not _is_fast(text)
    with pytest.raises(yaml_in.InvalidYAML):
        yaml_in.load_all(text, subject="s")


@pytest.mark.parametrize("columns", range(90, 101))
def test_depth_has_the_same_bound_both_ways(columns: int) -> None:
    text = "".join(" " * column + "a:\n" for column in range(columns)) + " " * columns + "b: [[[x]]]\n"
    assert _is_fast(text) is (columns + 4 < bounds.YAML_DEPTH)  # the mapping of b, and three lists
    _assert_same(text)


def test_lines_of_later_documents_count_from_the_start() -> None:
    text = "# c\na: 1\n---\n# d\n\nb: yes\n---\nc: 3\n--- # e\n\n- f\n"
    assert [(one.value, one.line) for one in yaml_in.load_all(text, subject="s")] == [
        ({"a": 1}, 2),
        ({"b": True}, 6),
        ({"c": 3}, 8),
        (["f"], 11),
    ]


def test_places_of_errors_in_later_documents_count_from_the_start() -> None:
    with pytest.raises(yaml_in.InvalidYAML, match=r"s:5:1: key 'b' is there twice"):
        yaml_in.load_all("a: 1\n---\nb: 1\nc: 2\nb: 3\n", subject="s")
