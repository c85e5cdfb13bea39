"""`toYaml` as sigs.k8s.io/yaml writes it: sorted keys, lists level with their key, lines of about 80 characters."""

from __future__ import annotations

import re
from functools import cmp_to_key
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import floats, json_out, octets, yaml_scalars
from dokaseca.generate.templates.gotemplate.errors import CallError

_WIDTH: Final = 80
_INDENT: Final = 2
_SIMPLE_KEY: Final = 128  # bytes; a longer key gets a question mark
_DIGITS: Final = re.compile(r"[0-9]{0,18}")
_CONTROL: Final = re.compile("[\x7f-\x84\x86-\x9f\ufffe\uffff]")
_NEXT_LINE: Final = re.compile("[ \t]*\x85[ \t\x85]*")


def dumps(value: Any) -> str:
    """The YAML text of a value, without the last newline; weigh it first.

    Raises:
        CallError: JSON or YAML has no such value.
    """
    emitter = _Emitter()
    emitter.node(_read_back(json_out.plain(value)), in_mapping=False)
    return "".join(emitter.out).removesuffix("\n")


def _read_back(value: Any) -> Any:
    """The value as it is after its way through JSON, which go-yaml reads."""
    if isinstance(value, str):
        return _text_read_back(octets.clean(value))
    if isinstance(value, dict):
        return {_text_read_back(octets.clean(key)): _read_back(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_read_back(item) for item in value]
    if isinstance(value, float):
        json_out.number(value)  # refuses what JSON cannot hold
    return value


def _text_read_back(text: str) -> str:
    if _CONTROL.search(text):
        raise CallError("error marshaling into JSON: yaml: control characters are not allowed")
    return _NEXT_LINE.sub(lambda match: "\n" * (match.group().count("\x85") - 1) or " ", text)


def _compared(left: str, right: str) -> int:
    """go-yaml's order of keys: digits by the number that they write, letters after other signs."""
    at = _first_difference(left, right)
    if at < min(len(left), len(right)):
        mine, other = left[at], right[at]
        if mine.isalpha() and other.isalpha():
            return -1 if mine < other else 1
        if mine.isalpha() or other.isalpha():
            return -1 if other.isalpha() else 1
        return _compared_numbers(left, right, at)
    return len(left) - len(right)


def _first_difference(left: str, right: str) -> int:
    """Where two texts differ first, or one ends, by comparing halves: it is the long keys that must be fast."""
    same, most = 0, min(len(left), len(right))
    while same < most:
        middle = (same + most + 1) // 2
        if left[same:middle] == right[same:middle]:
            same = middle
        else:
            most = middle - 1
    return same


def _compared_numbers(left: str, right: str, at: int) -> int:
    """Two texts that differ at `at`, where neither has a letter."""
    mine, other = _digits(left, at), _digits(right, at)
    prefix = "1" if "0" in (left[at], right[at]) and _is_within_number(left, at) else ""
    first = (int(f"{prefix}{mine}" or 0), len(mine), left[at])
    second = (int(f"{prefix}{other}" or 0), len(other), right[at])
    return -1 if first < second else 1


def _digits(text: str, at: int) -> str:
    match = _DIGITS.match(text, at)
    return match.group() if match else ""


def _is_within_number(text: str, at: int) -> bool:
    """Whether digits end at `at` that are not all zeros."""
    while at and text[at - 1] == "0":
        at -= 1
    return at > 0 and text[at - 1] in "123456789"


_BY_KEY: Final = cmp_to_key(_compared)


class _Emitter:
    """libyaml's emitter, as far as JSON values need it."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._column = 0
        self._indent = -1
        self._after_space = True
        self._at_indent = True

    def node(self, value: Any, *, in_mapping: bool) -> None:
        """One value."""
        outer = self._indent
        if isinstance(value, dict) and value:
            self._mapping(value)
        elif isinstance(value, list) and value:
            self._sequence(value, in_mapping=in_mapping)
        elif isinstance(value, dict | list):
            self._indicator("{}" if isinstance(value, dict) else "[]")
        else:
            self._scalar(value, is_key=False)
        self._indent = outer

    def _mapping(self, value: dict[str, Any]) -> None:
        self._indent += 1 if self._indent < 0 else _INDENT
        for key in sorted(value, key=_BY_KEY):
            self._new_line()
            if not yaml_scalars.analysed(key).is_multiline and octets.length(key) <= _SIMPLE_KEY:
                self._scalar(key, is_key=True)
                self._indicator(":", needs_space=False)
            else:
                self._indicator("?", keeps_indent=True)
                self._scalar(key, is_key=False)
                self._new_line()
                self._indicator(":", keeps_indent=True)
            self.node(value[key], in_mapping=True)

    def _sequence(self, value: list[Any], *, in_mapping: bool) -> None:
        if not (in_mapping and not self._at_indent):
            self._indent += 1 if self._indent < 0 else _INDENT
        for item in value:
            self._new_line()
            self._indicator("-", keeps_indent=True)
            self.node(item, in_mapping=False)

    # --- scalars ----------------------------------------------------------------------------------------------------

    def _scalar(self, value: Any, *, is_key: bool) -> None:
        outer = self._indent
        self._indent = _INDENT if self._indent < 0 else self._indent + _INDENT
        if isinstance(value, str):
            self._string(value, is_key=is_key)
        else:
            self._plain(_number(value), may_wrap=not is_key)
        self._indent = outer

    def _string(self, text: str, *, is_key: bool) -> None:
        analysis = yaml_scalars.analysed(text)
        if "\n" in text and analysis.may_be_block and not is_key:
            self._block(text)
        elif "\n" in text or not yaml_scalars.is_text(text):
            self._double(text, may_wrap=not is_key)
        elif analysis.may_be_plain:
            self._plain(text, may_wrap=not is_key)
        elif analysis.may_be_single:
            self._single(text, may_wrap=not is_key)
        else:
            self._double(text, may_wrap=not is_key)

    def _plain(self, text: str, *, may_wrap: bool) -> None:
        if not self._after_space:
            self._put(" ")
        for at, character in enumerate(text):
            if character == " " and may_wrap and self._wraps(text, at):
                self._new_line()
            else:
                self._put(character)
                self._at_indent = False
        self._after_space = self._at_indent = False

    def _wraps(self, text: str, at: int) -> bool:
        """Whether the line ends at this blank: it is long, and the blank stands alone."""
        is_alone = text[at - 1 : at] != " " and text[at + 1 : at + 2] != " "
        return self._column > _WIDTH and is_alone

    def _single(self, text: str, *, may_wrap: bool) -> None:
        self._indicator("'")
        for at, character in enumerate(text):
            if character == " " and may_wrap and 0 < at < len(text) - 1 and self._wraps(text, at):
                self._new_line()
            else:
                self._put("''" if character == "'" else character)
                self._at_indent = False
        self._indicator("'", needs_space=False)

    def _double(self, text: str, *, may_wrap: bool) -> None:
        self._indicator('"')
        for at, character in enumerate(text):
            is_inner = 0 < at < len(text) - 1 and text[at - 1] != " "
            if character == " " and may_wrap and is_inner and self._column > _WIDTH:
                self._new_line()
                self._put("\\" if text[at + 1] == " " else "")
            else:
                self._put(yaml_scalars.escaped_or_none(character) or character)
                self._at_indent = False
        self._indicator('"', needs_space=False)

    def _block(self, text: str) -> None:
        self._indicator("|")
        self._put(yaml_scalars.block_header(text))
        self._break("\n")
        self._after_space = self._at_indent = True
        after_break = True
        for character in text:
            if yaml_scalars.is_break(character):
                self._break(character)
                self._at_indent = after_break = True
                continue
            if after_break:
                self._new_line()
            self._put(character)
            self._at_indent = after_break = False

    # --- characters -------------------------------------------------------------------------------------------------

    def _put(self, text: str) -> None:
        self.out.append(text)
        self._column += len(text)

    def _break(self, character: str) -> None:
        self.out.append(character)
        self._column = 0

    def _indicator(self, text: str, *, needs_space: bool = True, keeps_indent: bool = False) -> None:
        if needs_space and not self._after_space:
            self._put(" ")
        self._put(text)
        self._after_space = False
        self._at_indent = self._at_indent and keeps_indent

    def _new_line(self) -> None:
        """Begin a line at the indentation, unless that is where we are."""
        indent = max(self._indent, 0)
        if not self._at_indent or self._column > indent or (self._column == indent and not self._after_space):
            self._break("\n")
        self._put(" " * (indent - self._column))
        self._after_space = self._at_indent = True


def _number(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return floats.text(value, "f" if value.is_integer() and abs(value) < 1e21 else "g")
    return str(int(value))
