"""Sprig: strings."""

from __future__ import annotations

import re
import secrets
import string
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import printf, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.sprig import cases, convert
from dokaseca.generate.templates.gotemplate.sprig.convert import text
from dokaseca.kit import bounds

_SPACE: Final = re.compile(r"\s+")
_BLANKS: Final = " \t\n\v\f\r\x85\xa0"
_RANDOM: Final = secrets.SystemRandom()


def _sized(size: int) -> None:
    convert.checked_count(size, bounds.TEMPLATE_OUTPUT_BYTES, "the text")


def _abbreviate(whole: str, width: int) -> str:
    return whole if len(whole) <= width else whole[: max(0, width - 3)] + "..."


def _abbrev(width: int, whole: str) -> str:
    return whole if width < 4 else _abbreviate(whole, width)


def _abbrevboth(left: int, right: int, whole: str) -> str:
    if right < 4 or (left > 0 and right < 7) or len(whole) <= right:
        return whole
    offset = min(left, len(whole))
    if len(whole) - offset < right - 3:
        offset = len(whole) - (right - 3)
    if offset <= 4:
        return whole[: right - 3] + "..."
    if offset + right - 3 < len(whole):
        return "..." + _abbreviate(whole[offset:], right - 3)
    return "..." + whole[len(whole) - (right - 3) :]


def _trunc(count: int, whole: str) -> str:
    if count < 0:
        return whole[len(whole) + count :] if len(whole) + count > 0 else whole
    return whole[:count]


def _substr(start: int, end: int, whole: str) -> str:
    if start < 0:
        return whole[:end] if end >= 0 else _out_of_range(whole, start, end)
    if start > len(whole) or 0 <= end < start:
        return _out_of_range(whole, start, end)
    return whole[start:] if end < 0 or end > len(whole) else whole[start:end]


def _out_of_range(whole: str, start: int, end: int) -> str:
    raise CallError(f"slice bounds out of range [{start}:{end}] with length {len(whole)}")


def _repeat(count: int, whole: str) -> str:
    if count < 0:
        raise CallError("strings: negative Repeat count")
    _sized(count * len(whole))
    return whole * count


def _trim_suffix(suffix: str, whole: str) -> str:
    return whole.removesuffix(suffix)


def _trim_prefix(prefix: str, whole: str) -> str:
    return whole.removeprefix(prefix)


def _quote(*items: Any) -> str:
    return " ".join(printf.quote(text(item)) for item in items if item is not None)


def _squote(*items: Any) -> str:
    return " ".join(f"'{text(item)}'" for item in items if item is not None)


def _cat(*items: Any) -> str:
    return " ".join(text(item) for item in items if item is not None).strip(_BLANKS)


def _indent(spaces: int, whole: str) -> str:
    if spaces < 0:
        raise CallError("strings: negative Repeat count")
    _sized(len(whole) + spaces * (whole.count("\n") + 1))
    pad = " " * spaces
    return pad + whole.replace("\n", "\n" + pad)


def _replace(old: str, new: str, whole: str) -> str:
    _sized(len(whole) + len(new) * (whole.count(old) if old else len(whole) + 1))
    return whole.replace(old, new)


def _split(separator: str, whole: str) -> dict[str, Any]:
    return {f"_{number}": part for number, part in enumerate(_split_list(separator, whole))}


def _split_list(separator: str, whole: str) -> list[Any]:
    return list(whole) if separator == "" else list(whole.split(separator))


def _splitn(separator: str, count: int, whole: str) -> dict[str, Any]:
    if count == 0:
        return {}
    if separator == "":
        parts = list(whole) if count < 0 else [*whole[: count - 1], whole[count - 1 :]]
    else:
        parts = whole.split(separator, count - 1 if count > 0 else -1)
    return {f"_{number}": part for number, part in enumerate(parts)}


def _random(alphabet: str) -> Any:
    def pick(count: int) -> str:
        _sized(count)
        return "".join(_RANDOM.choice(alphabet) for _ in range(count))

    return pick


def _shuffle(whole: str) -> str:
    letters = list(whole)
    _RANDOM.shuffle(letters)
    return "".join(letters)


def _wrap(width: int, whole: str) -> str:
    return _wrapped(whole, width, "\n", long_words=False)


def _wrap_with(width: int, separator: str, whole: str) -> str:
    return _wrapped(whole, width, separator or "\n", long_words=True)


def _wrapped(whole: str, width: int, separator: str, *, long_words: bool) -> str:
    """goutils.WrapCustom: lines of at most `width`, broken at blanks, or inside words when `long_words`."""
    width = max(1, width)
    _sized(len(whole) * (1 + len(separator)))
    out: list[str] = []
    at = 0
    while len(whole) - at > width:
        if whole[at] == " ":
            at += 1
            continue
        end = width + at + 1
        space = whole.rfind(" ", at, end)
        if space >= at:
            out.append(whole[at:space])
            at = space + 1
        elif long_words:
            out.append(whole[at : at + width])
            at += width
        else:
            space = whole.find(" ", at + width)
            if space < 0:
                break
            out.append(whole[at:space])
            at = space + 1
    return separator.join([*out, whole[at:]])


def _join(separator: str, whole: Any) -> str:
    parts = convert.texts(whole)
    _sized(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _seq(*numbers: int) -> str:
    if not 1 <= len(numbers) <= 3:
        return ""
    start, step, end = (
        (1, 1, numbers[0]) if len(numbers) == 1 else (numbers[0], 1, numbers[1]) if len(numbers) == 2 else numbers
    )
    if len(numbers) < 3 and end < start:
        step = -1
    if step == 0 or (end - start) * step < 0:
        return ""
    counted = range(start, end + (1 if step > 0 else -1), step)
    convert.checked_count(len(counted), bounds.TEMPLATE_STEPS // 10, "the sequence")
    return " ".join(map(str, counted))


def _initials(whole: str) -> str:
    return "".join(word[0] for word in whole.split())


FUNCTIONS: Final[dict[str, Function]] = {
    "abbrev": fn("is", _abbrev),
    "abbrevboth": fn("iis", _abbrevboth),
    "trunc": fn("is", _trunc),
    "trim": fn("s", lambda whole: whole.strip(_BLANKS)),
    "upper": fn("s", str.upper),
    "lower": fn("s", str.lower),
    "title": fn("s", cases.title),
    "untitle": fn("s", cases.untitle),
    "substr": fn("iis", _substr),
    "repeat": fn("is", _repeat),
    "trimall": fn("ss", lambda characters, whole: whole.strip(characters)),
    "trimAll": fn("ss", lambda characters, whole: whole.strip(characters)),
    "trimSuffix": fn("ss", _trim_suffix),
    "trimPrefix": fn("ss", _trim_prefix),
    "nospace": fn("s", lambda whole: _SPACE.sub("", whole)),
    "initials": fn("s", _initials),
    "randAlphaNum": fn("i", _random(string.ascii_letters + string.digits)),
    "randAlpha": fn("i", _random(string.ascii_letters)),
    "randAscii": fn("i", _random("".join(map(chr, range(32, 127))))),
    "randNumeric": fn("i", _random(string.digits)),
    "swapcase": fn("s", cases.swap),
    "shuffle": fn("s", _shuffle),
    "snakecase": fn("s", cases.snake),
    "camelcase": fn("s", cases.pascal),
    "kebabcase": fn("s", cases.kebab),
    "wrap": fn("is", _wrap),
    "wrapWith": fn("iss", _wrap_with),
    "contains": fn("ss", lambda part, whole: part in whole),
    "hasPrefix": fn("ss", lambda prefix, whole: whole.startswith(prefix)),
    "hasSuffix": fn("ss", lambda suffix, whole: whole.endswith(suffix)),
    "quote": fn("a*", _quote),
    "squote": fn("a*", _squote),
    "cat": fn("a*", _cat),
    "indent": fn("is", _indent),
    "nindent": fn("is", lambda spaces, whole: "\n" + _indent(spaces, whole)),
    "replace": fn("sss", _replace),
    "plural": fn("ssi", lambda one, many, count: one if count == 1 else many),
    "toString": fn("a", text),
    "toStrings": fn("a", convert.texts),
    "split": fn("ss", _split),
    "splitList": fn("ss", _split_list),
    "splitn": fn("sis", _splitn),
    "join": fn("sa", _join),
    "seq": fn("i*", _seq),
    "sortAlpha": fn("a", lambda value: sorted(convert.texts(value))),
    "hello": fn("", lambda: "Hello!"),
    "typeOf": fn("a", values.type_name),
    "typeIs": fn("sa", lambda wanted, value: wanted == values.type_name(value)),
    "typeIsLike": fn("sa", lambda wanted, value: values.type_name(value) in (wanted, f"*{wanted}")),
    "kindOf": fn("a", values.kind),
    "kindIs": fn("sa", lambda wanted, value: wanted == values.kind(value)),
}
