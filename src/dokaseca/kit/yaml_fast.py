"""The fast way to read YAML: yaml-rs, for texts of which a guard knows that the exact way reads the same.

The two readers differ in what plain scalars mean (YAML 1.1 here, 1.2 there), in what they let pass, and in everything
that is rare: tags, anchors, tabs, complex keys, odd block scalars. The guard leaves all of that to the exact way. What
it cannot see in the text (is `yes` quoted or not?) it judges by the values: one that plain text of the exact way could
not have given, or could have given as something else, is not believed. `docs/adr/0009-yaml.md` has the reasoning.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Final

import re2
import yaml_rs

from dokaseca.kit import bounds, yaml_scalars

REFUSED: Final = object()  # a value that no document has: only the exact way may read this text

_COLUMNS = 100  # of indentation; with it the depth is bounded before a parser without such a bound of its own is called
_ON_ONE_LINE = 16  # `- - - ...`, for the same reason
_NUMERAL = "-+.0-9a-fA-FxXoO"
_NUMBER_TEXTS = (  # whole numbers that the readers take differently, up to their end
    r"[-+]?0(?:[0-9]+|[xX][0-9a-fA-F]*|[oO][0-7]*|[bB][01]*)"
    rf"|[-+.]*(?:_|[0-9][{_NUMERAL}]*_)[{_NUMERAL}_]*"
)
_BLOCK_HEADER = (  # of a block scalar other than `|`, `>`, `|-`, ... with text in the next line
    r"[|>](?:[^\n+-]|[+-][^\n]|[+-]?(?:\z|\n(?:\z|[^ ]| +(?:\z|\n))))"
)
_START = r"(?m:^[ -]*|: +)"  # where a scalar or collection can start, outside of flow collections
_PRINTABLE = (  # what both readers take as it is; line breaks of YAML 1.1 and byte order marks are not in it
    r"\n -~\x{a0}-\x{2027}\x{202a}-\x{d7ff}\x{e000}-\x{fefe}\x{ff00}-\x{fffd}\x{10000}-\x{10ffff}"
)
_HAZARD = re2.compile(
    rf"{_START}(?:[&*!?]|{_BLOCK_HEADER}|(?:{_NUMBER_TEXTS})(?:[ \n,:\]}}]|\z))"
    rf"|(?m:^)(?:---|\.\.\.|%| {{{_COLUMNS}}})"
    rf"|(?:[-?:] +){{{_ON_ONE_LINE}}}"
    rf"|[^{_PRINTABLE}]"
)
_FLOW_START = re.compile(r"(?:^[ -]*|: +)[\[{]")  # `_START`, in one line

# A flow collection on one line, no deeper than three, in a form that leaves no room for interpretation.
_QUOTED = r"""(?:"(?:[^"\\\n]|\\[^\n])*+"|'(?:[^'\n]|'')*+')"""
_PLAIN = (
    rf"(?!(?:{_NUMBER_TEXTS})(?:[ \n,:\]}}]))(?:[^-\s?:,\[\]{{}}#&*!|>'\"%@`]|-(?=[-0-9A-Za-z]))"
    r"(?:[^?:,\[\]{}#\n]|:(?=[^\s?:,\[\]{}#]))*+"
)
_SCALAR = rf"(?:{_QUOTED}|{_PLAIN})"


def _collection(inner: str) -> str:
    entry = rf"(?:(?:{_SCALAR}:[ ]+)?{inner}[ ]*+)"
    return rf"(?:\[[ ]*+(?:{entry}(?:,[ ]*+{entry})*+)?\]|\{{[ ]*+(?:{entry}(?:,[ ]*+{entry})*+)?\}})"


_PLAIN_FLOW = re.compile(_collection(f"(?:{_SCALAR}|{_collection(f'(?:{_SCALAR}|{_collection(_SCALAR)})')})"))

_OTHER_BREAKS = ("\r", "\x85", "\u2028", "\u2029")  # of YAML 1.1: they would not be counted as lines
_BARE_MARKER = re.compile(r"(?: +(?:#[^\n]*)?)?(?:\n|\Z)")  # what may follow `---`
_NO_CONTENT = re.compile(r"(?: *+(?:#[^\n]*+)?\n)*+")
_BOTH_WORDS = frozenset(["true", "True", "TRUE", "false", "False", "FALSE"])
_SPLIT_WORDS: Final = ((yaml_scalars.TRUE | yaml_scalars.FALSE) - _BOTH_WORDS) | {"<<"}  # plain they were texts to one
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a stream, without its `---`: `line` is where it starts, counted from 1."""

    text: str
    line: int


def parts_or_none(text: str) -> list[Part] | None:
    """The stream cut at its `---` lines, None where one of them says more, or lines do not end with `\\n` alone."""
    if any(one in text for one in _OTHER_BREAKS):
        return None
    first, *others = ("\n" + text).split("\n---")
    if not all(_BARE_MARKER.match(one) for one in others):
        return None
    pieces = [first[1:], *others] if first else others  # no piece before a `---` in the first line
    parts, line = [], 1
    for place, piece in enumerate(pieces, 1):
        whole = piece + "\n" if place < len(pieces) else piece  # the line break that went with the marker
        parts.append(Part(whole, line))
        line += whole.count("\n")
    return parts


def lines_before_content(text: str) -> int:
    """How many blank lines and comments stand before the first value."""
    found = _NO_CONTENT.match(text)
    return found[0].count("\n") if found else 0


def read_or_refuse(text: str) -> Any:
    """The value of a text of one document without `---`, or `REFUSED`.

    Returns:
        A mapping, a list or None exactly as the exact way gives it; all else, every error included, is refused.
    """
    if not _is_harmless(text):
        return REFUSED
    try:
        value = yaml_rs.loads(text, parse_datetime=False)
    except (ValueError, TypeError):  # TypeError: a key that cannot be one
        return REFUSED
    if value is None or (isinstance(value, (dict, list)) and _is_beyond_doubt(value)):
        return value
    return REFUSED


def _is_harmless(text: str) -> bool:
    if _HAZARD.search(text) is not None:
        return False
    if not text.endswith("\n") and ("|" in text or ">" in text):
        return False  # yaml-rs ends a block scalar with a line break that is not there
    if "[" not in text and "{" not in text:
        return True
    return all(_has_plain_flows(line) for line in text.split("\n") if "[" in line or "{" in line)


def _has_plain_flows(line: str) -> bool:
    """Whether every flow collection that starts in the line ends there, and is of the plain form."""
    position = 0
    while found := _FLOW_START.search(line, position):
        flow = _PLAIN_FLOW.match(line, found.end() - 1)
        if flow is None:
            return False
        position = flow.end()
    return True


def _is_beyond_doubt(value: Any) -> bool:
    """Whether each scalar is what the exact way makes of its text, whatever that was, and no level is too deep."""
    texts: set[Any] = set()
    level = [value]
    for _ in range(bounds.YAML_DEPTH):
        below: list[Any] = []
        for one in level:
            kind = type(one)
            if kind is str:
                texts.add(one)
            elif kind is dict:
                texts.update(one)
                below += one.values()
            elif kind is list:
                below += one
            elif not _is_clear(one):
                return False
        if not below:
            return texts.isdisjoint(_SPLIT_WORDS) and not set(map(type, texts)) - {str}
        level = below
    return False


def _is_clear(one: Any) -> bool:
    """Whether a value that is no text has its type in the exact way too."""
    if one is None or isinstance(one, bool):
        return True
    if isinstance(one, int):
        return -_INT64 <= one < _INT64
    return isinstance(one, float) and math.isfinite(one) and not one.is_integer()
