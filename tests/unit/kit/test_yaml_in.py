"""YAML as Kubernetes reads it."""

from __future__ import annotations

from typing import Any

import helm_python
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.kit import bounds, yaml_in
from dokaseca.kit.yaml_in import InvalidYAML


def _load(text: str | bytes) -> Any:
    return yaml_in.load(text, subject="a.yaml")


def _refused(text: str | bytes) -> InvalidYAML:
    with pytest.raises(InvalidYAML) as caught:
        _load(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Off", False),
        ("y", True),
        ("n", False),
        ("TRUE", True),
        ("~", None),
        ("", None),
        ("null", None),
        ("'yes'", "yes"),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!custom 1", "1"),
        ("!!int '7'", 7),
        ("0o17", 15),
        ("017", 15),
        ("09", 9),
        ("0x1F", 31),
        ("0X1f", 31),
        ("0b101", 5),
        ("-0x10", -16),
        ("+1", 1),
        ("1_000", 1000),
        ("_1", "_1"),
        ("1e3", 1000),
        ("1.0", 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5),
        ("1e400", "1e400"),
        ("1e16", 10**16),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", float(2**63)),
        ("9" * 400, "9" * 400),
        ("12345678901234567890123", 1.2345678901234568e22),
        ("0x", "0x"),
        ("0o8", "0o8"),
        ("1:30", "1:30"),
        ("-", None),
        ("2001-01-01", "2001-01-01"),
        ("nan", "nan"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("v1", "v1"),
        ("+", "+"),
        (".", "."),
        ("!!binary aGVsbG8=", "hello"),
        ("!!float 1", 1),
        ("|\n  a\n  b", "a\nb\n"),
        ("null # why", None),
    ],
)
def test_a_scalar_is_read(text: str, value: Any) -> None:
    if text == "-":
        assert _load("a:\n  -") == {"a": [None]}
        return
    found = _load(f"a: {text}\n")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("a: .inf", "1:4", "JSON has no such number"),
        ("a: -.INF", "1:4", "JSON has no such number"),
        ("a: .nan", "1:4", "JSON has no such number"),
        ("a: !!int x", "1:4", "'x' is not what its tag !!int says"),
        ("a: !!bool 1", "1:4", "'1' is not what its tag !!bool says"),
        ("a: !!int true", "1:4", "'true' is not what its tag !!int says"),
        ("a: !!binary é", "1:4", "!!binary does not hold base64 of UTF-8 text"),
        ("a: !!binary /w==", "1:4", "!!binary does not hold base64 of UTF-8 text"),
        ("a: 1\nb: 2\na: 3", "3:1", "key 'a' is there twice in one mapping; keep one of them"),
        ("a:\n  b: 1\n  b: 2", "3:3", "key 'b' is there twice"),
        ("1: a\n'1': b", "2:1", "key '1' is there twice"),
        ("? [a]\n: b", "1:3", "a mapping key must be a plain text"),
        ("~: b", "1:1", "a mapping key is empty"),
        ("a:\n\tb: 1", "2:1", "a tab is used for indentation, which YAML forbids; use spaces"),
        ("a: [1", "2:1", ""),
        ("a: b: c", "1:5", ""),
        ("a: *missing", "1:4", "found undefined alias"),
        ("a: 1\n---\nb: 2", "3:1", "holds several documents where one is expected"),
        ("a: 'open", "1:9", ""),
        ("<<: 1", "1:1", "merge key << needs a mapping"),
        ("a: 1\nb", "2:2", ""),
        ("\x07: 1", "1:1", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, where: str, message: str) -> None:
    error = _refused(text)
    if message == "found undefined alias":
        assert "alias *missing has no anchor before it" in str(error)
    else:
        assert message in str(error)
    assert str(error).startswith("a.yaml:")
    assert (error.line, error.column) >= (1, 1)
    if message:
        assert f"{error.line}:{error.column}" == where


def test_text_that_is_no_utf8_is_refused_with_its_line() -> None:
    assert str(_refused(b"a: 1\nb: \xff")) == "a.yaml:2:1: is not UTF-8 text"
    assert "is not UTF-8 text" in str(_refused("a: \ud800"))


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert _load(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n") == {"a": 1, "b": 2}


def test_documents_come_with_their_lines_and_empty_ones_are_left_out() -> None:
    found = yaml_in.load_all("# c\n---\na: 1\n---\n---\n# only a comment\n---\n- x\n...\n", subject="s")
    assert [(one.value, one.line) for one in found] == [({"a": 1}, 3), (["x"], 8)]


@pytest.mark.parametrize("text", ["", "\n", "# c", "---", "---\n...\n", "~"])
def test_nothing_is_none(text: str) -> None:
    assert _load(text) is None
    assert yaml_in.load_with_marks(text, subject="s") == (None, {})


def test_marks_tell_where_each_value_stands() -> None:
    value, marks = yaml_in.load_with_marks("a:\n  - b: 1\n  - c\nd: {e: 2}\n", subject="s")
    assert value == {"a": [{"b": 1}, "c"], "d": {"e": 2}}
    assert marks[("a",)] == (1, 1)
    assert marks[("a", 0, "b")] == (2, 5)
    assert marks[("a", 1)] == (3, 5)
    assert marks[("d", "e")] == (4, 5)


def test_anchors_and_merges() -> None:
    text = "base: &b {x: 1, k: 2}\none: {<<: *b, k: 3}\ntwo: {<<: [*b, {z: 4, x: 9}]}\nthree: *b\n"
    assert _load(text) == {
        "base": {"x": 1, "k": 2},
        "one": {"x": 1, "k": 3},
        "two": {"x": 1, "k": 2, "z": 4},
        "three": {"x": 1, "k": 2},
    }


def test_an_anchor_cannot_hold_itself() -> None:
    assert "has no anchor before it" in str(_refused("a: &a [*a]"))


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert f"aliases expand to more than {bounds.YAML_ALIASES} values" in str(_refused("\n".join(lines)))


def test_depth_and_size_are_bounded() -> None:
    deep = bounds.YAML_DEPTH
    assert _load("[" * deep + "]" * deep) is not None
    assert f"nested deeper than {deep} levels" in str(_refused("[" * (deep + 1) + "]" * (deep + 1)))
    assert "exceeded maximum nesting depth" in str(_refused("[" * 100_000))
    assert "is larger than 16 MiB" in str(_refused(b" " * (bounds.YAML_DOCUMENT_BYTES + 1)))


WORDS = (
    "0 1 8 9 0x 0o 0b _ - + . e E f a y n on off yes No true null ~ inf nan NaN : x ' \" # % @ ` | { } [ ] , ? é T ="
)
PIECES = st.sampled_from(
    [*WORDS.split(), "!!int ", "!!str ", "!!float ", "!!bool ", "!foo ", " ", "2001-01-01", "00000000000000000000"]
)


@given(st.lists(PIECES, min_size=1, max_size=5).map("".join))
def test_values_are_what_helms_reader_makes_of_them(text: str) -> None:
    """Helm reads values with the same library as Kubernetes reads manifests (sigs.k8s.io/yaml)."""
    document = f"a: {text}\n"
    try:
        expected = helm_python.values_from_yaml(document)
    except helm_python.HelmError:
        expected = None
    try:
        found = _load(document)
    except InvalidYAML:
        found = None
    if expected is not None and found is not None:
        assert _are_equal(found, expected)
    elif expected is None:
        assert not isinstance(found, dict)


def _are_equal(one: Any, other: Any) -> bool:
    """Helm passes numbers through JSON: 1.0 comes back as 1, an integer beyond 2**53 rounded."""
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, (int, float)):
        same = type(one) is type(other)
        if same and isinstance(one, dict):
            return one.keys() == other.keys() and all(_are_equal(value, other[name]) for name, value in one.items())
        if same and isinstance(one, list):
            return len(one) == len(other) and all(map(_are_equal, one, other))
        return same and bool(one == other)
    return isinstance(other, (int, float)) and float(one) == float(other)


@given(st.text(max_size=40) | st.binary(max_size=40))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    try:
        found = yaml_in.load_all(text, subject="s")
    except InvalidYAML as error:
        assert str(error).startswith("s:")
    else:
        assert all(one.value is not None for one in found)


def test_marks_of_several_documents_count_from_the_start_of_the_stream():
    text = "# nothing\n---\na: 1\n---\nb:\n- c: 2\n"
    found = yaml_in.load_all_with_marks(text, subject="s")
    assert [document for document, _ in found] == yaml_in.load_all(text, subject="s")
    assert [marks for _, marks in found] == [
        {(): (3, 1), ("a",): (3, 1)},
        {(): (5, 1), ("b",): (5, 1), ("b", 0): (6, 3), ("b", 0, "c"): (6, 3)},
    ]
    with pytest.raises(yaml_in.InvalidYAML, match="s:4:1"):
        yaml_in.load_all_with_marks("a: 1\n---\n[\n", subject="s")
