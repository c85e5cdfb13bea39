"""What templates may take: the size of what they are, the depth, the steps, the time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dokaseca.generate.templates.gotemplate import calls, functions, template
from dokaseca.generate.templates.gotemplate.errors import ExecError
from dokaseca.generate.templates.gotemplate.nodes import Function
from dokaseca.generate.templates.gotemplate.run import Run
from dokaseca.generate.templates.gotemplate.table import FUNCTIONS
from dokaseca.kit import bounds
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import UserError


def render(text: str, data: Any = None) -> str:
    compiled = template.compile_text(text, "default")
    assert compiled is not None
    return compiled[0](data or {}, FakeClock())


def problem(text: str, data: Any = None) -> str:
    with pytest.raises(UserError) as caught:
        render(text, data)
    return caught.value.message


def test_a_long_template_is_rendered_but_not_kept() -> None:
    text = "x" * 20_000 + "{{ .a }}"
    assert render(text, {"a": "b"}) == "x" * 20_000 + "b"
    assert template.compile_text(text) is not template.compile_text(text)


def test_a_template_larger_than_any_object_is_refused() -> None:
    text = "{{ .a }}" * (bounds.OBJECT_BYTES // 8 + 1)
    assert f"template is longer than {bounds.OBJECT_BYTES} bytes" in problem(text)


def test_a_nested_template_is_refused_where_the_stack_is_nearly_full() -> None:
    text = "{{ " + "(" * 50 + ".a" + ")" * 50 + " }}"
    assert "the template is nested too deep" in _with_frames_left(90, lambda: problem(text))
    assert render(text, {"a": "b"}) == "b"  # from now on it is parsed
    assert "the template is nested too deep" in _with_frames_left(30, lambda: problem(text))


def _with_frames_left(count: int, work: Callable[[], str]) -> str:
    frame, depth = sys._getframe(), 0
    while frame.f_back:
        frame, depth = frame.f_back, depth + 1

    def descend(left: int) -> str:
        return work() if left <= 0 else descend(left - 1)

    return descend(sys.getrecursionlimit() - depth - count)


@pytest.mark.parametrize(
    "call", ["genPrivateKey `rsa`", "genPrivateKey `dsa`", "genCA `a` 1", "genSelfSignedCert `a` nil nil 1"]
)
def test_keys_that_are_costly_can_be_made_a_few_times_only(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "TEMPLATE_STEPS", 1000)  # less than one takes: none is made in vain
    assert "takes more than 1000 steps" in problem(f"{{{{ {call} }}}}")


def test_passwords_are_costly() -> None:
    assert {FUNCTIONS[name].cost for name in ("bcrypt", "htpasswd")} == {50_000}
    assert FUNCTIONS["derivePassword"].cost == 100_000


def test_and_and_or_count_as_steps() -> None:
    text = "{{ range until 999 }}{{ range until 999 }}{{ if or . 1 }}{{ end }}{{ end }}{{ end }}"
    assert "at <or . 1>: the template takes more than 1000000 steps" in problem(text)


def test_costs_are_counted_in_templates_within_templates() -> None:
    text = """{{ $t := "{{ range until 900 }}{{ end }}" }}{{ range until 1200 }}{{ $x := tpl $t . }}{{ end }}"""
    assert "takes more than 1000000 steps" in problem(text)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{{ regexReplaceAll `(a*)*b` .a `x` | len }}", {"a": "a" * 200_000}),
        ("{{ wrap 3 .a | len }}", {"a": "ab " * 300_000}),
        ("{{ snakecase .a | len }}", {"a": "aB" * 300_000}),
        ("{{ camelcase .a | len }}", {"a": "a_" * 300_000}),
        ("{{ splitList `,` .a | uniq | sortAlpha | join `,` | len }}", {"a": "a,b," * 5_000}),
        ("{{ .a | toYaml | fromYaml | toJson | fromJson | toYaml | len }}", {"a": {f"k{n}": n for n in range(5_000)}}),
        ("{{ toYaml .a | len }}", {"a": {"1" * 100_000 + str(n): n for n in range(10)}}),
        ("{{ printf .a | len }}", {"a": "%d" * 100_000}),
        ("{{ fromJson .a | toJson | len }}", {"a": "[" + "1," * 100_000 + "1]"}),
        ("{{ mustFromJson .a }}", {"a": "[" + "1," * 100_000 + "x]"}),
        ("{{ b64dec .a | len }}", {"a": "YWJj" * 200_000 + "!"}),
        ("{{ clean .a | len }}", {"a": "a/../" * 200_000}),
        ("{{ slugify .a }}", {"a": "ab-" * 300_000}),
        ("{{ toDate .a `2020` }}", {"a": "2006" * 100_000}),
        ("{{ mustFromJson (.a | quote) | len }}", {"a": "é" * 300_000}),
        ("{{ urlParse .a | len }}", {"a": "http://h/" + "%41" * 200_000}),
        ("{{ title (untitle (swapcase .a)) | len }}", {"a": "aB c" * 200_000}),
        ("{{ deepEqual .a (deepCopy .a) }}", {"a": {f"k{n}": ["x"] * 10 for n in range(5_000)}}),
    ],
)
def test_large_values_take_a_short_time(text: str, data: dict[str, Any]) -> None:
    started = time.process_time()
    try:
        render(text, data)
    except UserError as error:
        assert error.reason == "TemplateError"
    assert time.process_time() - started < 3


SLOW = ("derivePassword", "bcrypt", "htpasswd", "gen", "buildCustomCert")
LARGE: dict[str, Any] = {
    "text": "aB c" * 25_000,
    "blanks": " " * 100_000,
    "commas": "a," * 30_000,
    "letters": "é" * 50_000,
    "digits": "1" * 50_000,
    "brackets": "[" * 50_000,
    "verbs": "%5d" * 20_000,
    "json": "[" + "1," * 20_000 + "1]",
    "yaml": "".join(f"k{number}: [a, 'b']\n" for number in range(5_000)),
    "pattern": "(a*)*b?" * 500,
    "range": ">=1.2.3 <2 || " * 500,
    "path": "a/../" * 20_000,
    "numbers": list(range(20_000)),
    "texts": [f"text{number}" for number in range(20_000)],
    "lists": [[number] for number in range(10_000)],
    "map": {f"k{number}": {"a": [1, "b"]} for number in range(5_000)},
    "count": 2**31,
    "long": 10**18,
    "one": 1,
    "small": "a",
    "empty": "",
}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(name for name in FUNCTIONS if not name.startswith(SLOW))),
    st.lists(st.sampled_from(sorted(LARGE)), max_size=3),
    st.sampled_from([1, 100, 10_000]),
)
def test_any_function_takes_large_values_again_and_again(name: str, arguments: list[str], turns: int) -> None:
    call = " ".join([name, *(f"$.{argument}" for argument in arguments)])
    started = time.process_time()
    try:
        render(f"{{{{ range until {turns} }}}}{{{{ $x := {call} }}}}{{{{ end }}}}", LARGE)
    except UserError as error:
        assert error.reason == "TemplateError"
    assert time.process_time() - started < 20  # within its steps it may take a few seconds


def test_a_library_that_gives_up_is_an_error_of_the_template() -> None:
    for failure, reason in ((OverflowError("x" * 50), "OverflowError"), (MemoryError(), "out of memory")):
        call = calls.Call(functions.fn("", _raising(failure)), "f", (), (), Function("f", 0), "")
        with pytest.raises(ExecError) as caught:
            call.run(Run(FakeClock(), [], lambda run, text, data: ""), None)
        assert caught.value.message == f"error calling f: {reason}"


def _raising(failure: Exception) -> Callable[[], Any]:
    def call() -> Any:
        raise failure

    return call
