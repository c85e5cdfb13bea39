"""Values that no data case can hold: bytes, subclasses, typed maps, times of the clock."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dokaseca.generate.templates.gotemplate import octets, template, values
from dokaseca.generate.templates.gotemplate.values import StringMap, Strings
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import UserError


class _Name(str):
    __slots__ = ()


class _Settings(dict[str, Any]):
    pass


def render(text: str, data: Any = None, mode: str = "default", clock: FakeClock | None = None) -> str:
    compiled = template.compile_text(text, mode)
    assert compiled is not None
    return compiled[0](data or {}, clock or FakeClock())


def problem(text: str, data: Any = None, mode: str = "default") -> str:
    with pytest.raises(UserError) as caught:
        render(text, data, mode)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ upper .name }} {{ typeOf .name }} {{ eq .name `dev` }}", "DEV string true"),
        ("{{ .settings.a }} {{ get .settings `a` }} {{ typeOf .settings }}", "b b map[string]interface {}"),
        ("{{ kindOf .settings }} {{ toJson .settings }}", 'map {"a":"b"}'),
    ],
)
def test_subclasses_are_what_they_derive_from(text: str, expected: str) -> None:
    assert render(text, {"name": _Name("dev"), "settings": _Settings(a="b")}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ .x }}", "a\ufffdb"),
        ("{{ b64enc .x }}", base64.b64encode("a\ufffdb".encode()).decode()),
        ("{{ len .x }} {{ toJson .x }}", r'5 "a\ufffdb"'),
    ],
)
def test_half_a_surrogate_pair_is_no_character(text: str, expected: str) -> None:
    assert render(text, {"x": "a\ud800b"}) == expected


def test_bytes_survive_until_the_end() -> None:
    raw = base64.b64encode(bytes(range(256))).decode()
    assert render("{{ b64dec .x | b64enc }}", {"x": raw}) == raw
    assert render("{{ b64dec .x | len }}", {"x": raw}) == "256"
    assert render("{{ b64dec `/w==` }}") == "\ufffd"


@pytest.mark.parametrize("text", ["", "a", "é", "a\udcffé", "\udc80\udcff"])
def test_octets_are_bytes_and_back(text: str) -> None:
    raw = octets.encode(text)
    assert octets.length(text) == len(raw)
    assert octets.decode(raw) == text
    assert octets.cut(text, 0, 1) == octets.decode(raw[:1])


@pytest.mark.parametrize(
    ("text", "mode", "message"),
    [
        ("{{ (index .m `no`).x }}", "error", 'nil data; no entry for key "x"'),
        ("{{ .m.no.x 1 }}", "error", 'map has no entry for key "no"'),
        ("{{ .m.no.x 1 }}", "zero", "nil pointer evaluating interface {}.x"),
        ("{{ .texts.no.x 1 }}", "zero", "can't evaluate field x in type string"),
        ("{{ get .texts `a` }}", "default", "expected map[string]interface {}; got map[string]string"),
        ("{{ dig `a` `none` .texts }}", "default", "interface {} is map[string]string, not map[string]interface {}"),
        ("{{ set .texts `a` 1 }}", "default", "expected map[string]interface {}; got map[string]string"),
        (
            "{{ mergeOverwrite (dict `t` .texts) (dict `t` (dict `a` 1)) }}",
            "default",
            "cannot hold a value of type int",
        ),
        ("{{ concat .segments 1 }}", "default", "Cannot concat type int as list"),
    ],
)
def test_what_is_typed_is_refused_as_in_go(text: str, mode: str, message: str) -> None:
    data = {"m": {"a": 1.0}, "texts": StringMap(a="b"), "segments": Strings(["x", "y"])}
    assert message in problem(text, data, mode)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ printf `%T %v %#v` .texts .texts .texts }}", 'map[string]string map[a:b] map[string]string{"a":"b"}'),
        ("{{ printf `%T %#v` .segments .segments }}", '[]string []string{"x", "y"}'),
        ("{{ .texts | toJson }} {{ .segments | toYaml }}", '{"a":"b"} - x\n- "y"'),
        ("{{ printf `%T` (append .segments `z`) }}", "[]interface {}"),
        ("{{ has `x` .segments }} {{ join `-` .segments }} {{ last .segments }}", "true x-y y"),
        ("{{ range $k, $v := .texts }}{{ $k }}{{ $v }}{{ end }}", "ab"),
        ("{{ index .texts `no` }}|{{ .texts.no }}", "|<no value>"),
    ],
)
def test_what_is_typed_shows_as_in_go(text: str, expected: str) -> None:
    assert render(text, {"texts": StringMap(a="b"), "segments": Strings(["x", "y"])}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ now }}", "2026-03-04 05:06:07 +0000 UTC"),
        ("{{ now | date `2006-01-02` }} {{ htmlDate now }} {{ unixEpoch now }}", "2026-03-04 2026-03-04 1772600767"),
        ("{{ date `2006` `no time` }} {{ htmlDate nil }}", "2026 2026-03-04"),
        ("{{ ago (toDate `2006-01-02` `2026-03-04`) }}", "5h6m7s"),
        ("{{ durationRound (toDate `2006-01-02` `2026-03-01`) }}", "3d"),
        ("{{ dateInZone `15:04 MST` now `Europe/Berlin` }}", "06:06 CET"),
        ("{{ (now.AddDate 0 1 0).Month }}", "April"),
    ],
)
def test_time_comes_from_the_clock(text: str, expected: str) -> None:
    clock = FakeClock(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    assert render(text, clock=clock) == expected


def test_a_time_beyond_all_years_is_refused() -> None:
    assert "the date is out of range" in problem("{{ now.AddDate 0 0 2000000000 }}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ printf `%p` .l }}", "0xc000000000"),
        ("{{ printf `%#p` .m }}", "c000000000"),
        ("{{ printf `%p` (list) }}", "0xc000000000"),
    ],
)
def test_pointers_are_always_the_same(text: str, expected: str) -> None:
    assert render(text, {"l": [1], "m": {}}) == expected


def test_what_another_password_encrypted_is_refused() -> None:
    key = b"key".ljust(32, b"\0")
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(bytes(16))).encryptor()
    sealed = base64.b64encode(bytes(16) + encryptor.update(b"\xff" * 16) + encryptor.finalize()).decode()
    assert "not what encryptAES gave, or another password" in problem("{{ decryptAES `key` .x }}", {"x": sealed})


def test_large_values_are_not_shown() -> None:
    assert values.short({"a": ["x" * 100] * 100_000}) == "a large map"
    assert len(values.short("x" * 1000)) == 200
    assert len(problem("{{ range .x }}{{ end }}", {"x": "y" * 100_000})) < 500
