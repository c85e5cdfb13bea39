from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dokaseca.generate.templates.gotemplate import lexer, template
from dokaseca.generate.templates.gotemplate.table import FUNCTIONS
from dokaseca.generate.templates.gotemplate.values import StringMap
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import UserError

DATA: dict[str, Any] = {
    "name": "dev",
    "n": 5.0,
    "zero": 0.0,
    "l": ["a", "b", "c"],
    "empty": [],
    "null": None,
    "m": {"b": 1.0, "a": "z"},
    "sm": StringMap(k="v"),
    "t": True,
}


def render(text: str, data: Any = None, mode: str = "default") -> str:
    compiled = template.compile_text(text, mode)
    return text if compiled is None else compiled[0](DATA if data is None else data, FakeClock())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no action }} here", "no action }} here"),
        ("a {{- .name -}} b", "adevb"),
        ("a{{- /* gone */ -}}  b", "ab"),
        ("{{/* a */}}x", "x"),
        ("{{.name|upper|quote}}", '"DEV"'),
        ("{{ if .empty }}a{{ else if .zero }}b{{ else }}c{{ end }}", "c"),
        ("{{ with .m.a }}{{ . }}{{ $.name }}{{ else }}none{{ end }}", "zdev"),
        ("{{ with .empty }}x{{ else with .name }}{{ . }}{{ end }}", "dev"),
        ("{{ range $i, $e := .l }}{{ $i }}{{ $e }}{{ end }}", "0a1b2c"),
        ("{{ range $e := .l }}{{ if eq $e `b` }}{{ continue }}{{ end }}{{ $e }}{{ end }}", "ac"),
        ("{{ range .l }}{{ if eq . `b` }}{{ break }}{{ end }}{{ . }}{{ end }}", "a"),
        ("{{ range .empty }}x{{ else }}none{{ end }}", "none"),
        ("{{ range $k, $v := .m }}{{ $k }}={{ $v }} {{ end }}", "a=z b=1 "),
        ("{{ range 3 }}{{ . }}{{ end }}", "012"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
        ('{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" .name }}', "<dev>"),
        ('{{ block "b" .l }}{{ len . }}{{ end }}', "3"),
        ("{{ (index .l 1) }}{{ ((.m).a) }}", "bz"),
        ("{{ .missing }}{{ .missing.deeper }}{{ .null }}", "<no value><no value><no value>"),
        ("{{ .sm.no }}[{{ index .sm `no` }}]", "<no value>[]"),
        ("{{ .m }} {{ .l }} {{ .t }}", "map[a:z b:1] [a b c] true"),
        ("{{ and .name .zero .missing }}{{ or .zero .name }}", "0dev"),
        ("{{ if or .t (fail `never`) }}short{{ end }}", "short"),
        ("{{ print 1 2 `a` 3 }}", "1 2a3"),
        ('{{ printf "%[2]s-%[1]d" 1 `a` }} {{ printf "%[9]d" 1 }}', "a-1 %!d(BADINDEX)"),
    ],
)
def test_templates_render_as_go_renders_them(text: str, expected: str) -> None:
    assert render(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ .name", "template: :1: unclosed action"),
        ("a\nb {{ nosuch }}", 'template: :2: function "nosuch" not defined'),
        ("{{ if .x }}", "unexpected EOF"),
        ("{{ end }}", "unexpected {{end}}"),
        ("{{ else }}", "unexpected {{else}}"),
        ('{{ "open }}', "unterminated quoted string"),
        ("{{ $x }}", 'undefined variable "$x"'),
        ("{{ break }}", "{{break}} outside {{range}}"),
        ("{{ | }}", 'unexpected "|" in command'),
        ("{{ ( ) }}", "missing value for parenthesized pipeline"),
        ("{{ .name | 2 }}", "non executable command in pipeline stage 2"),
        ("{{ (.name }}", "unclosed left paren"),
        ("{{ .name) }}", "unexpected right paren"),
        ("{{/* open", "unclosed comment"),
        ("{{ 1a }}", "bad number syntax"),
        ("{{ 99999999999999999999 }}", "integer overflow"),
        ("{{ 'ab' }}", "malformed character constant"),
        (r'{{ "\q" }}', "invalid syntax"),
        ("{{ if true }}{{ define `x` }}{{ end }}{{ end }}", "unexpected <define> in command"),
        ("{{ env `HOME` }}", "templates may not read the environment"),
        ("{{ " + "(" * 80 + ".x" + ")" * 80 + " }}", "max expression depth exceeded"),
        ("{{ if 1 }}" * 80 + "{{ end }}" * 80, "nested too deep"),
    ],
)
def test_what_is_no_template_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        render(text)
    assert message in caught.value.message
    assert caught.value.reason == "TemplateParseError"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ .null.x }}", 'template: :1:8: executing "" at <.null.x>: nil pointer evaluating interface {}.x'),
        ("{{ .name.x }}", "can't evaluate field x in type interface {}"),
        ("é\nxx {{ upper 1 }}", 'template: :2:12: executing "" at <1>: expected string; found 1'),
        ("{{ upper .missing }}", "invalid value; expected string"),
        ("{{ upper }}", "wrong number of args for upper: want 1 got 0"),
        ("{{ eq .n 5 }}", "error calling eq: incompatible types for comparison"),
        ("{{ lt .l .l }}", "invalid type for comparison"),
        ("{{ index .l 3 }}", "reflect: slice index out of range"),
        ("{{ index .l 4 }}", "index out of range: 4"),
        ("{{ .name 1 }}", "name is not a method but has arguments"),
        ("{{ nil }}", "nil is not a command"),
        ("{{ range .name }}{{ end }}", "range can't iterate over dev"),
        ('{{ template "none" }}', 'template "none" not defined'),
        ('{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}', "exceeded maximum template depth"),
        ('{{ fail "boom" }}', "error calling fail: boom"),
        ("{{ range until 1000 }}{{ range until 2000 }}{{ end }}{{ end }}", "takes more than 1000000 steps"),
        ("{{ html (repeat 3000000 `<`) }}", "the result is larger than 4194304 bytes"),
        ("{{ $x := list 1 }}{{ range until 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}", "larger than"),
        ("{{ $d := dict }}{{ $_ := set $d `d` $d }}{{ $d }}", "nested deeper than 200"),
        ("{{ $d := dict }}{{ $_ := set $d `d` $d }}{{ toJson $d }}", "nested deeper than 200"),
        ("{{ $d := dict }}{{ $_ := set $d `d` $d }}{{ $e := deepCopy $d }}", "nested deeper than 200"),
        ("{{ untilStep 0 2000000000 1 }}", "larger than"),
        ('{{ printf "%999999d%999999d%999999d%999999d%999999d" 1 2 3 4 5 }}', "more than"),
        ("{{ slugify 1 2 3 4 }}", "interface {} is int, not string"),
    ],
)
def test_what_cannot_be_executed_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        render(text)
    assert message in caught.value.message
    assert caught.value.reason == "TemplateError"


def test_missing_keys_follow_the_mode() -> None:
    assert render("{{ .no }}", mode="zero") == "<no value>"
    assert render("{{ .sm.no }}", mode="zero") == ""
    with pytest.raises(template.MissingKeyError, match='map has no entry for key "no"'):
        render("{{ .no }}", mode="error")
    with pytest.raises(UserError, match="missingkey=default"):
        template.missing_key_mode(["missingkey=sometimes"])
    assert template.missing_key_mode(["missingkey=error", "missingkey=invalid"]) == "default"


def test_a_text_is_parsed_once() -> None:
    assert template.compile_text("{{ .once }}") is template.compile_text("{{ .once }}")


def test_time_comes_from_the_clock() -> None:
    assert render('{{ now | date "2006-01-02 15:04:05 MST" }}') == "2026-01-01 00:00:00 UTC"
    assert render('{{ now | dateModify "-36h" | htmlDate }}') == "2025-12-30"
    assert render('{{ ago (now | dateModify "-90s") }}') == "1m30s"


def test_random_functions_give_what_their_names_say() -> None:
    assert len(render("{{ randAlphaNum 12 }}")) == 12
    assert render("{{ randNumeric 5 }}").isdigit()
    assert len(render("{{ uuidv4 }}")) == 36
    assert sorted(render('{{ shuffle "abc" }}')) == ["a", "b", "c"]
    assert render('{{ "secret" | encryptAES "key" | decryptAES "key" }}') == "secret"


WORDS = """{{ }} {{- -}} /* */ . .name $ $x := = | ( ) , if else end range with define template block break continue nil
true " ` ' \\ 1 - 0x 1e9 .5 é upper printf "%d" index .l {{.name}} {{end}}"""
PIECES = st.sampled_from(
    [*WORDS.split(), " ", "\n", "\0", "{{ ", " }}", "{{ range .l }}", "{{ $x := .n }}", "{{ if .t }}", "{{ end }}"]
)
ANY_TEXT = st.lists(PIECES | st.text(max_size=3), max_size=25).map("".join)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_TEXT)
def test_any_text_renders_or_is_a_user_error(text: str) -> None:
    try:
        assert isinstance(render(text), str)
    except UserError as error:
        assert error.reason in ("TemplateParseError", "TemplateError")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_tokens_cover_the_text_in_order(text: str) -> None:
    found = list(lexer.tokens("{{ " + text + " }}"))
    offsets = [token.offset for token in found]
    assert offsets == sorted(offsets)
    assert found[-1].kind in ("eof", "error")


SLOW = {"derivePassword", "bcrypt", "htpasswd", "genPrivateKey", "genCA", "genSelfSignedCert", "genSignedCert"}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(string.printable, max_size=12)
    | st.sampled_from(["2006-01-02", "1.2.3", ">=1.0 <2", "%d%s", "a*(", "https://u@h:1/p?q#f", "{}", "- a", "64"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(set(FUNCTIONS) - SLOW)),
    st.lists(VALUES, max_size=4),
)
def test_any_function_takes_any_arguments(name: str, arguments: list[Any]) -> None:
    data = {f"a{number}": value for number, value in enumerate(arguments)}
    words = " ".join(f".a{number}" for number in range(len(arguments)))
    try:
        assert isinstance(render(f"{{{{ {name} {words} }}}}", data), str)
    except UserError as error:
        assert error.reason == "TemplateError"
