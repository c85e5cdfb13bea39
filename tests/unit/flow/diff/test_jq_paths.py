"""jq expressions: what people write works, and what could take the memory or the time of the platform is refused."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.flow.diff import jq_paths, jq_tokens
from dokaseca.flow.diff.jq_tokens import Cost
from dokaseca.model.errors import UserError

MANIFEST: dict[str, Any] = {
    "kind": "X",
    "a": {"b": True, "c": None},
    "items": [{"name": "x", "image": "i", "on": 1}, {"name": "side-y", "image": "j", "on": 0}, {"name": "z"}],
    "many": [0, 1, 2, 3],
}
WITHOUT_IMAGE_OF_X = [{"name": "x", "on": 1}, *MANIFEST["items"][1:]]
WITHOUT_X, WITHOUT_Y = MANIFEST["items"][1:], [MANIFEST["items"][0], MANIFEST["items"][2]]


@pytest.mark.parametrize(
    ("expression", "changed"),
    [
        ('.items[] | select(.name == "x") | .image', {"items": WITHOUT_IMAGE_OF_X}),
        ('.items[]?|select(.name=="x" or .name=="q").image', {"items": WITHOUT_IMAGE_OF_X}),
        ('(.items[] | select(.name=="x")).image', {"items": WITHOUT_IMAGE_OF_X}),
        ('.items[] | select(.image and .on == 1 | not) | select(has("on"))', {"items": WITHOUT_Y}),
        ('.items[] | select(.name | test("^(side|other)-.*$"))', {"items": WITHOUT_Y}),
        ('.items[] | select(.name | test("^SIDE"; "i"))', {"items": WITHOUT_Y}),
        ('.items[] | select(.name | match("^side"))', {"items": WITHOUT_Y}),
        ('.items[] | select(.name | startswith("side"))', {"items": WITHOUT_Y}),
        ('.items[] | select(.name | contains("de-"))', {"items": WITHOUT_Y}),
        ('.items[] | select([.name] | any(. == "x"))', {"items": WITHOUT_X}),
        ('.items[] | select(.name | IN("x", "q"))', {"items": WITHOUT_X}),
        ('.items[] | if .name == "x" then . else empty end', {"items": WITHOUT_X}),
        (".webhooks[]?.clientConfig.caBundle", {}),
        (".items[0].image, .a.b", {"items": WITHOUT_IMAGE_OF_X, "a": {"c": None}}),
        (".many[-1]", {"many": [0, 1, 2]}),
        (".many[1:-1]", {"many": [0, 3]}),
        ('.["a"].b', {"a": {"c": None}}),
        ('.a."b"', {"a": {"c": None}}),
        (".. | .b?", {"a": {"c": None}}),
        (".q // .a.b", {"a": {"c": None}}),
        (".a | to_entries | select(.>=1e9)", {}),
    ],
)
def test_what_people_write_works(expression: str, changed: dict[str, Any]) -> None:
    assert jq_paths.delete(MANIFEST, expression) == {**MANIFEST, **changed}


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("select(.kind" + "|.+." * 34 + "|length>0)", "uses '+'"),
        ("select([]|(.[6]=1)|length>0)", "uses '='"),
        ("select([]|(.[60000000]=1)|length>0)", "uses index 60000000; 65536 is the largest"),
        (".many[6e7]", "uses index 6e7"),
        (".many[(60000000)]", "uses index 60000000"),
        (".a |= 1", "uses '|='"),
        (".a += 1", "uses '+='"),
        (".a -= 1", "uses '-='"),
        (".a *= 1", "uses '*='"),
        (".a /= 1", "uses '/='"),
        (".a %= 1", "uses '%='"),
        (".a //= 1", "uses '//='"),
        (".a ?// .b", "uses '?//'"),
        (".a - .b", "uses '-'"),
        (".a -1", "uses '-'"),
        (".a * 1000000", "uses '*'"),
        (".a / 2", "uses '/'"),
        (".a % 2", "uses '%'"),
        (".a & .b", "uses '&'"),
        ('.a | @base64 "x"', "uses '@'"),
        (".a # rest", "uses '#'"),
        ('.a["x', "uses '\"'"),
        (". as $x | $x", "uses 'as'"),
        ("$ENV", "uses '$ENV'"),
        ("input", "uses 'input'"),
        ("[range(9)]", "uses 'range'"),
        ("select([.,.]|add)", "uses 'add'"),
        ('.a["' + "x" * 257 + '"]', "holds a text of more than 256 characters"),
        ("." + "|." * 33, "has more than 32 pipes"),
        ("..|..|..", "or 2 descents"),
        ("select([.]|tostring|[.]|tostring)", "uses tostring more than once"),
        ("select(" + "[.,.]|" * 7 + "length)", "leads to more than 64 things at once"),
        ("(.a,.b)" + "|(.,.)" * 6, "leads to more than 64 things at once"),
        (".a | select(test(.b))", "uses test() with something else than one text"),
        ('.a | select(match("a"; "g"))', "uses match() with something else than one text"),
        ('.a | select(test("(a*)*b"))', "what repeats already"),
        ('.a | select(test("a{9}{9}"))', "what repeats already"),
        ('.a | select(test("a*b*c*d*"))', "repeats more than 3 things"),
        (" " * 2001, "is longer than 2000 characters"),
        (".a)|(.b", "closes a bracket that it did not open"),
        ('."\\(.a)"', "computes a text"),
        (".a[", "does not compile"),
    ],
)
def test_what_does_more_than_lead_to_fields_is_refused(expression: str, why: str) -> None:
    with pytest.raises(UserError) as caught:
        jq_paths.delete(MANIFEST, expression)
    assert why in caught.value.message
    assert caught.value.message.endswith("correct spec.ignoreDifferences")
    assert caught.value.reason == "InvalidJq"
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("expression", "cost"),
    [
        (".a[].b[]?|select(.c)", Cost()),
        ("(.a[].b)|(.,.,.)", Cost(copies=3, spreads=1)),
        ("select(.a[])|select(.a[])", Cost(spreads=2)),
        (".a[] == .a[]", Cost(spreads=2)),
        (".a[] and (.a | all)", Cost(spreads=2)),
        ("if .a[] then .b[] else .c end", Cost(spreads=2)),
        ("select([..])", Cost(walks=1)),
        (".. and ..", Cost(walks=2)),
        ("select(contains(.))", Cost(walks=1)),
        ('select(contains("x"))', Cost()),
        ("(.a,.b),(.c,.d,.e)", Cost(copies=12)),
    ],
)
def test_what_is_done_again_and_again_is_counted(expression: str, cost: Cost) -> None:
    assert jq_tokens.cost(expression) == cost


def wide(count: int) -> dict[str, Any]:
    return {"data": {f"k{number:05}": "v" for number in range(count)}}


def test_what_would_look_at_too_much_of_an_object_is_refused_for_that_object() -> None:
    expression = "select(.data[] == .data[])"
    assert jq_paths.delete(wide(20), expression) is None  # all of it
    with pytest.raises(UserError, match="looks at too much of an object this large; lead to the fields directly"):
        jq_paths.delete(wide(2_000), expression)
    assert jq_paths.delete(wide(2_000), ".data[]") == {"data": {}}


def test_an_object_larger_than_any_cluster_holds_is_not_run_through() -> None:
    with pytest.raises(UserError, match="too much of an object this large"):
        jq_paths.delete({"data": "x" * (3 * 1024 * 1024)}, ".data")
