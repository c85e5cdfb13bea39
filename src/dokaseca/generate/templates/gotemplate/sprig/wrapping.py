"""Sprig: shortening and wrapping of texts. They count bytes, as goutils does."""

from __future__ import annotations

from dokaseca.generate.templates.gotemplate import octets
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.kit import bounds


def trunc(count: int, whole: str) -> str:
    """The first `count` bytes, or the last of a negative count."""
    size = octets.length(whole)
    if count < 0:
        return octets.cut(whole, size + count, size) if size + count > 0 else whole
    return octets.cut(whole, 0, count) if size > count else whole


def substr(start: int, end: int, whole: str) -> str:
    """`whole[start:end]`; a negative start cuts from the beginning, a negative end to the end.

    Raises:
        CallError: beyond the text.
    """
    size = octets.length(whole)
    if start < 0:
        if not 0 <= end <= size:
            raise _out_of_range(f":{end}", size if end > 0 else None)
        return octets.cut(whole, 0, end)
    if end < 0 or end > size:
        if start > size:
            raise _out_of_range(f"{start}:{size}", None)
        return octets.cut(whole, start, size)
    if start > end:
        raise _out_of_range(f"{start}:{end}", None)
    return octets.cut(whole, start, end)


def _out_of_range(bounds_text: str, size: int | None) -> CallError:
    tail = "" if size is None else f" with length {size}"
    return CallError(f"runtime error: slice bounds out of range [{bounds_text}]{tail}")


def abbrev(width: int, whole: str) -> str:
    """At most `width` bytes, the last three dots."""
    return whole if width < 4 else _abbreviated(whole, 0, width)


def abbrevboth(left: int, right: int, whole: str) -> str:
    """At most `right` bytes from about `left` on, dots on both sides."""
    return whole if right < 4 or (left > 0 and right < 7) else _abbreviated(whole, left, right)


def _abbreviated(whole: str, offset: int, width: int) -> str:
    size = octets.length(whole)
    if size <= width:
        return whole
    offset = min(offset, size)
    if size - offset < width - 3:
        offset = size - (width - 3)
    if offset <= 4:
        return octets.cut(whole, 0, width - 3) + "..."
    if width < 7:
        return ""
    if offset + width - 3 < size:
        rest = octets.cut(whole, offset, size)
        return "..." + (_abbreviated(rest, 0, width - 3) if width - 3 >= 4 else "")
    return "..." + octets.cut(whole, size - (width - 3), size)


def wrap(width: int, whole: str) -> str:
    """Lines of at most `width` bytes, broken at blanks."""
    return _wrapped(whole, width, "\n", long_words=False)


def wrap_with(width: int, separator: str, whole: str) -> str:
    """The same with any separator; words that are too long are broken, too."""
    return _wrapped(whole, width, separator or "\n", long_words=True)


def _wrapped(whole: str, width: int, separator: str, *, long_words: bool) -> str:
    width = max(1, width)
    convert.checked_count(len(whole) * (1 + len(separator)), bounds.TEMPLATE_OUTPUT_BYTES, "the text")
    raw = octets.encode(whole)
    out: list[bytes] = []
    at = 0
    while len(raw) - at > width:
        if raw[at] == 0x20:
            at += 1
            continue
        space = raw.rfind(b" ", at, at + width + 1)
        if space < 0 and not long_words:
            space = raw.find(b" ", at + width)
            if space < 0:
                break
        end = space if space >= 0 else at + width
        out.append(raw[at:end])
        at = end + (space >= 0)
    return octets.decode(octets.encode(separator).join([*out, raw[at:]]))
