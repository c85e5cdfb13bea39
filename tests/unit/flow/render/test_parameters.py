"""Helm parameters read as `helm --set` reads them: Helm itself is the judge."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helm_python import _native
from helm_python.errors import HelmError
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.flow.render import parameters, values
from dokaseca.model.errors import UserError


def helm_set(name: str, value: str, *, force_string: bool = False) -> Any:
    """What Helm makes of `--set name=value`."""
    function = "helm_strvals_parse_string" if force_string else "helm_strvals_parse"
    return json.loads(_native.call_string(function, f"{name}={value}"))


def ours(name: str, value: str, *, force_string: bool = False) -> Any:
    return parameters.with_value({}, parameters.path_of(name), parameters.value_of(value, force_string=force_string))


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "a.b",
        r"a\.b",
        r"a\.b\.c.d",
        "a[0]",
        "a[2]",
        "a[0].b",
        "a[0][1]",
        "a.b[0].c.d",
        "a]",
        "a b",
        r"a\=b",
        r"a\[0]",
        "ä.ö",
        '"a.b"',
        r"a\,b",
        r"a\\b",
        "a.0",
        "node-selector.kubernetes\\.io/os",
        "-",
        "$x",
    ],
)
def test_names(name: str) -> None:
    assert ours(name, "x") == helm_set(name, "x")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "-1",
        "+5",
        "-0",
        "0",
        "007",
        "1.5",
        "1e3",
        " 5",
        "5 ",
        "true",
        "TRUE",
        "False",
        "null",
        "Null",
        "~",
        "yes",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "x=y",
        "[x",
        r"x\,y",
        r"x\y",
        r"x\\y",
        "x\\",
        "{x,y}",
        "{}",
        "{1,true,null,x y}",
        r"{a\,b,c}",
        '{"k": "v", "l": 1}',
        "a\nb",
        "{ a , b }",
        "٣",
    ],
)
@pytest.mark.parametrize("force_string", [False, True])
def test_values(value: str, force_string: bool) -> None:
    assert ours("a", value, force_string=force_string) == helm_set("a", value, force_string=force_string)


@pytest.mark.parametrize("value", ["{}}", "{a}b", "{a}b}", "{", "{a"])
def test_a_list_ends_with_its_first_brace(value: str) -> None:
    with pytest.raises(UserError, match="must end with }"):
        ours("a", value)
    with pytest.raises(HelmError):
        helm_set("a", value)
    assert ours("a", r"{x\}}") == helm_set("a", r"{x\}}") == {"a": ["x}"]}


NAMES = st.text(st.sampled_from("ab.\\[]0129=-"), min_size=1, max_size=8)
VALUES = st.text(st.sampled_from("ab01.-+{}\\ "), max_size=8)


@given(NAMES, VALUES, st.booleans())
def test_whatever_both_accept_they_read_alike(name: str, value: str, force_string: bool) -> None:
    try:
        mine = ours(name, value, force_string=force_string)
    except UserError:
        return  # we are stricter: an empty key, or data after a list, is never meant
    try:
        expected = helm_set(name, value, force_string=force_string)
    except HelmError as error:
        pytest.fail(f"Helm refuses {name}={value}: {error}")
    assert mine == expected


def test_a_comma_in_a_value_is_text_as_argo_cd_escapes_it() -> None:
    assert ours("a", "x,y,z") == {"a": "x,y,z"}
    assert ours("a", "x,y,z") == helm_set("a", r"x\,y\,z")


def test_a_parameter_is_laid_over_what_is_there() -> None:
    below = {"a": {"b": 1, "l": [{"x": 1, "y": 2}, 5]}, "s": "text"}
    assert set_all(below, "a.c=2") == {"a": {"b": 1, "c": 2, "l": [{"x": 1, "y": 2}, 5]}, "s": "text"}
    assert set_all(below, "a.l[0].x=9")["a"]["l"] == [{"x": 9, "y": 2}, 5]
    assert set_all(below, "a.l[3]=9")["a"]["l"] == [{"x": 1, "y": 2}, 5, None, 9]
    assert set_all(below, "s.t=1")["s"] == {"t": 1}
    assert set_all(below, "a=null")["a"] is None
    assert below == {"a": {"b": 1, "l": [{"x": 1, "y": 2}, 5]}, "s": "text"}, "nothing is changed in place"


def set_all(below: dict[str, Any], text: str) -> dict[str, Any]:
    name, _, value = text.partition("=")
    return parameters.with_value(below, parameters.path_of(name), parameters.value_of(value, force_string=False))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is not a path of values"),
        ("a..b", "is not a path of values"),
        (".a", "is not a path of values"),
        ("a.", "is not a path of values"),
        ("[0]", "is not a path of values"),
        ("a[0]b", "is not a path of values"),
        ("a,b", "is not a path of values"),
        ("a=b", "is not a path of values"),
        ("a[x]", r"has the index \[x\], which is not a number from 0 to 65536"),
        ("a[-1]", r"has the index \[-1\]"),
        ("a[]", r"has the index \[\]"),
        ("a[65537]", r"has the index \[65537\]"),
        ("a[99999999999999999999]", "has the index"),
        (".".join("a" * 31), "is nested deeper than 30 levels"),
    ],
)
def test_names_that_are_no_paths_are_refused(name: str, why: str) -> None:
    with pytest.raises(UserError, match=why) as caught:
        parameters.path_of(name)
    assert caught.value.reason == "InvalidSpecError"


def test_a_list_that_does_not_end_is_refused() -> None:
    with pytest.raises(UserError, match=r"begins with \{ is a list and must end with }"):
        parameters.value_of("{a,b", force_string=False)


@pytest.mark.parametrize(
    ("path", "value"),
    [(("a", "b", 0), 1), (("a", "b", 1), None), (("a", "x"), None), (("a", "b", "c"), None), ((), None)],
)
def test_at_finds_what_is_there(path: parameters.Path, value: object) -> None:
    found = parameters.at({"a": {"b": [1]}}, path)
    assert found == (value if path else {"a": {"b": [1]}})


def test_mappings_merge_and_all_else_is_replaced() -> None:
    below = {"a": {"x": 1, "y": 2}, "l": [1, 2], "s": 1, "gone": {"k": 1}}
    above = {"a": {"y": 3, "z": None}, "l": [3], "s": {"t": 1}, "gone": None}
    assert values.merged(below, above) == {
        "a": {"x": 1, "y": 3, "z": None},
        "l": [3],
        "s": {"t": 1},
        "gone": None,
    }
    assert below["a"] == {"x": 1, "y": 2}
