"""HCL as data: values, lines, and what only Terraform can evaluate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.bridge import hcl
from dokaseca.bridge.hcl import Unknown
from dokaseca.model.errors import UserError


def read(text: str) -> hcl.Body:
    return hcl.read(text.encode(), subject="f.tfvars")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"text"', "text"),
        (r'"a\n\t\"\\é\U0001F600"', 'a\n\t"\\é😀'),
        ('"$${literal} %%{too} $1 100%"', "${literal} %{too} $1 100%"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("1.50", 1.5),
        ("2e3", 2000.0),
        ("[]", []),
        ('[1, "a",\n  true,\n]', [1, "a", True]),
        ("{}", {}),
        ('{ a = 1, "b c" : 2\n d-e = [3]\n 4 = 5 }', {"a": 1, "b c": 2, "d-e": [3], "4": 5}),
        ("{ a = 1\n a = 2 }", {"a": 2}),
        ("<<EOT\none\n  two\nEOT", "one\n  two\n"),
        ("<<-EOT\n    one\n\n      two\n  EOT", "one\n\n  two\n"),
        ("<<EOT\nEOT", ""),
        ("<<EOT\n$${x}\nEOT", "${x}\n"),
        ("1 // comment", 1),
        ("/* before */ 1 # after", 1),
        ('"${var.x}"', Unknown('"${var.x}"')),
        (r'"${f("a\"b", "$${x}", "%%{y}")}"', Unknown(r'"${f("a\"b", "$${x}", "%%{y}")}"')),
        ('"a ${f("}", "${g("b")}")} c"', Unknown('"a ${f("}", "${g("b")}")} c"')),
        ("<<EOT\n${x}\nEOT", Unknown("<<EOT ${x} EOT")),
        ("try(var.addons.x, false)", Unknown("try(var.addons.x, false)")),
        ("merge({\n  a = 1\n}, var.b)", Unknown("merge({ a = 1 }, var.b)")),
        ("var.on ? 1 : 2", Unknown("var.on ? 1 : 2")),
        ("1 + 2", Unknown("1 + 2")),
        ("{ a = 1 }.a", Unknown("{ a = 1 }.a")),
        ("[for x in y : x]", Unknown("[for x in y : x]")),
        ("{ for x in y : x => x }", Unknown("{ for x in y : x => x }")),
        ("{ (var.k) = 1 }", Unknown("{ (var.k) = 1 }")),
        ("[var.x, 1]", [Unknown("var.x"), 1]),
        ("{ a = var.x, b = 1 }", {"a": Unknown("var.x"), "b": 1}),
    ],
)
def test_values(text, value):
    assert read(f"x = {text}\ny = 1\n").values == {"x": value, "y": 1}


def test_every_value_has_its_line_and_parts_of_expressions_have_none():
    body = read('a = 1\nb = {\n  c = [\n    1,\n    { d = 2 },\n  ]\n}\ne = {\n  f = 1\n}.f\n"""'.replace('"""', ""))
    assert body.lines == {
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 3,
        ("b", "c", 0): 4,
        ("b", "c", 1): 5,
        ("b", "c", 1, "d"): 5,
        ("e",): 8,
    }


def test_blocks_with_labels_and_bodies():
    body = read('variable "region" {\n  default = "eu"\n  validation {\n    condition = true\n  }\n}\nlocals {}\n')
    variable, locals_ = body.blocks
    assert (variable.type, variable.labels, variable.line) == ("variable", ("region",), 1)
    assert variable.body.values == {"default": "eu"}
    assert variable.body.lines == {("default",): 2}
    assert [(each.type, each.line) for each in variable.body.blocks] == [("validation", 3)]
    assert (locals_.type, locals_.body.values) == ("locals", {})


def test_windows_lines_and_byte_order_mark():
    assert hcl.read(b"\xef\xbb\xbfa = 1\r\nb = <<E\r\nx\r\nE\r\n", subject="f").values == {"a": 1, "b": "x\n"}


def test_names_that_look_like_ends():
    assert read("end = 1\nfor = 2\nnull = 3\n").values == {"end": 1, "for": 2, "null": 3}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a =", "1:4: expected a value, not the end of the file"),
        ("a = \n", "1:5: expected a value, not the end of the line"),
        ("a = }", "1:5: expected a value, not '}'"),
        ("a = 1\na = 2", "2:1: a is set already in line 1; keep one of them"),
        ("a = 1 b = 2", "1:9: expected the end of the line, not '='"),
        ('a = "x', "1:5: a string is not closed in its line"),
        ('a = "x\n"', "1:5: a string is not closed in its line"),
        ('a = "${x', "1:6: a ${...} or %{...} is not closed"),
        ('a = "${"x', "1:8: a string is not closed in its line"),
        (r'a = "\q"', r"1:6: \q is no escape; write \\ for a backslash"),
        (r'a = "\ud800"', r"1:6: \ud800 is no character"),
        ("a = <<E\nx", "1:5: the heredoc has no closing line E"),
        ("/* x", "1:1: a comment is not closed"),
        ("a = (1", "1:5: the expression is not closed"),
        ("a = (1]", "1:7: unexpected ']'"),
        ("a = [1\n2]", "2:1: expected ',' or ']', not '2'"),
        ("a = {b}", "1:7: expected '=' after the key, not '}'"),
        ("a = {b = 1", "1:11: expected the end of the line, ',' or '}', not the end of the file"),
        ("a = {= 1}", "1:6: expected a key, not '='"),
        ("a { b = 1", "1:10: expected the name of an attribute or block, not the end of the file"),
        ("a b = 1", "1:5: expected '=' or a block after a, not '='"),
        ("a { }\n}", "2:1: expected the name of an attribute or block, not '}'"),
        ("a { } b = 1", "1:7: expected the end of the line, not 'b'"),
        ("@", "1:1: unexpected '@'"),
        ("a = " + "[" * 101, "1:105: is nested deeper than 100 levels"),
        ('a = "' + '${"' * 60, "1:156: templates are nested too deep"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, why):
    with pytest.raises(UserError) as caught:
        read(text)
    assert str(caught.value) == f"f.tfvars:{why}"


def test_what_is_no_text_or_too_large_is_refused(monkeypatch):
    with pytest.raises(UserError, match="f: is not UTF-8 text"):
        hcl.read(b"\xff", subject="f")
    monkeypatch.setattr(hcl, "FILE_BYTES", 3)
    with pytest.raises(UserError, match="f: is larger than"):
        hcl.read(b"a = 1", subject="f")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab-_é", max_size=3), inner, max_size=3),
    max_leaves=12,
)


def written(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{\n" + "".join(f"{written(key)} = {written(one)}\n" for key, one in value.items()) + "}"
    return str(value)


@given(VALUES)
def test_whatever_is_written_is_read_back(value):
    assert read(f"x = {written(value)}\n").values["x"] == value


@given(st.text("a1 =\n\"'$%{}[]()<E-#/*\\,.:", max_size=40))
def test_no_text_does_anything_but_be_read_or_be_refused_with_a_place(text):
    try:
        read(text)
    except UserError as error:
        assert str(error).startswith("f.tfvars:")
