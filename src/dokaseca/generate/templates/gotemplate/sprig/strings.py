"""Sprig: strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import octets, quoting
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import DEEP, HEAVY, Function, fn
from dokaseca.generate.templates.gotemplate.sprig import cases, convert, words, wrapping
from dokaseca.generate.templates.gotemplate.sprig.convert import text
from dokaseca.generate.templates.gotemplate.values import StringMap, Strings
from dokaseca.kit import bounds

_BYTE_BLANK: Final = re.compile("[\t-\r \x85\xa0]")  # what unicode.IsSpace takes for a blank below U+0100
_BYTE_INITIAL: Final = re.compile("(?:^|(?<=[\t-\r \x85\xa0]))[^\t-\r \x85\xa0]")


def _by_rune(function: Callable[[str], str]) -> Callable[[str], str]:
    """A function of characters: bytes that belong to none come out as U+FFFD."""
    return lambda whole: function(octets.clean(whole))


def _sized(size: int) -> None:
    convert.checked_count(size, bounds.TEMPLATE_OUTPUT_BYTES, "the text")


def _repeat(count: int, whole: str) -> str:
    if count < 0:
        raise CallError("strings: negative Repeat count")
    _sized(count * len(whole))
    return whole * count


def _trim_all(characters: str, whole: str) -> str:
    return whole.strip(characters) if characters else whole


def _nospace(whole: str) -> str:
    """goutils reads bytes as characters, which spoils others than ASCII as soon as there is a blank."""
    runes = octets.runes(whole)
    kept = _BYTE_BLANK.sub("", runes)
    return whole if len(kept) == len(runes) else kept


def _initials(whole: str) -> str:
    return "".join(_BYTE_INITIAL.findall(octets.runes(whole)))


def _quote(*items: Any) -> str:
    return " ".join(quoting.quote(text(item)) for item in items if item is not None)


def _squote(*items: Any) -> str:
    return " ".join(f"'{text(item)}'" for item in items if item is not None)


def _cat(*items: Any) -> str:
    return " ".join(text(item) for item in items if item is not None)


def _indent(spaces: int, whole: str) -> str:
    if spaces < 0:
        raise CallError("strings: negative Repeat count")
    _sized(len(whole) + spaces * (whole.count("\n") + 1))
    pad = " " * spaces
    return pad + whole.replace("\n", "\n" + pad)


def _replace(old: str, new: str, whole: str) -> str:
    _sized(len(whole) + len(new) * (whole.count(old) if old else len(whole) + 1))
    return whole.replace(old, new)


def _split_list(separator: str, whole: str) -> Strings:
    return Strings(whole) if separator == "" else Strings(whole.split(separator))


def _split(separator: str, whole: str) -> StringMap:
    return _numbered(_split_list(separator, whole))


def _splitn(separator: str, count: int, whole: str) -> StringMap:
    if count == 0:
        return StringMap()
    if count < 0:
        return _split(separator, whole)
    if separator:
        return _numbered(whole.split(separator, count - 1))
    letters = list(whole)
    return _numbered(letters if len(letters) <= count else [*letters[: count - 1], whole[count - 1 :]])


def _numbered(parts: list[str]) -> StringMap:
    return StringMap((f"_{number}", part) for number, part in enumerate(parts))


def _join(separator: str, whole: Any) -> str:
    parts = convert.texts(whole)
    _sized(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


FUNCTIONS: Final[dict[str, Function]] = {
    "abbrev": fn("is", wrapping.abbrev),
    "abbrevboth": fn("iis", wrapping.abbrevboth),
    "trunc": fn("is", wrapping.trunc),
    "substr": fn("iis", wrapping.substr),
    "wrap": fn("is", wrapping.wrap),
    "wrapWith": fn("iss", wrapping.wrap_with),
    "trim": fn("s", lambda whole: whole.strip(cases.BLANKS)),
    "upper": fn("s", _by_rune(cases.upper)),
    "lower": fn("s", _by_rune(cases.lower)),
    "title": fn("s", _by_rune(cases.title)),
    "untitle": fn("s", _by_rune(cases.untitle)),
    "swapcase": fn("s", _by_rune(cases.swap)),
    "snakecase": fn("s", words.snake, HEAVY),
    "camelcase": fn("s", words.pascal, HEAVY),
    "kebabcase": fn("s", words.kebab, HEAVY),
    "repeat": fn("is", _repeat),
    "trimall": fn("ss", _trim_all),
    "trimAll": fn("ss", _trim_all),
    "trimSuffix": fn("ss", lambda suffix, whole: whole.removesuffix(suffix)),
    "trimPrefix": fn("ss", lambda prefix, whole: whole.removeprefix(prefix)),
    "nospace": fn("s", _nospace),
    "initials": fn("s", _initials),
    "contains": fn("ss", lambda part, whole: part in whole),
    "hasPrefix": fn("ss", lambda prefix, whole: whole.startswith(prefix)),
    "hasSuffix": fn("ss", lambda suffix, whole: whole.endswith(suffix)),
    "quote": fn("a*", _quote, DEEP),
    "squote": fn("a*", _squote, DEEP),
    "cat": fn("a*", _cat, DEEP),
    "indent": fn("is", _indent),
    "nindent": fn("is", lambda spaces, whole: "\n" + _indent(spaces, whole)),
    "replace": fn("sss", _replace),
    "plural": fn("ssi", _plural),
    "toString": fn("a", text, DEEP),
    "toStrings": fn("a", convert.texts, DEEP),
    "split": fn("ss", _split),
    "splitList": fn("ss", _split_list),
    "splitn": fn("sis", _splitn),
    "join": fn("sa", _join, DEEP),
    "hello": fn("", lambda: "Hello!"),
}
