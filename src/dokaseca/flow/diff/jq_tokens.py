"""What a jq expression of `ignoreDifferences` is made of, and what it may cost. Pure.

jq is a language: it can print the environment, loop without end and double a text with every few characters, and
nothing stops a running program. A path needs little of it: every token is read, and what is not listed here is refused
by name. What is left cannot make values longer, but it may do one thing again for each of many values: how often is
counted here, and set against the object before the program runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dokaseca.model.errors import UserError

CHARACTERS = 2_000  # the longest expression: real ones have fewer than 300
TEXT_CHARACTERS = 256  # the longest text in one: a name has 253
INDEX = 65_536  # jq makes room for every index below the one that is named
PIPES = 32  # real ones have fewer than 8
COPIES = 64  # commas in one bracket after the other multiply: (.,.)|(.,.) are four
DESCENTS = 2  # `..` visits everything below: each multiplies by the depth of the object
QUANTIFIERS = 3  # of a regular expression: each multiplies the tries by the length of the text
ALLOWED = frozenset(
    {"select", "not", "and", "or", "if", "then", "elif", "else", "end", "try", "catch", "empty", "null", "true"}
    | {
        "false",
        "test",
        "match",
        "startswith",
        "endswith",
        "ltrimstr",
        "rtrimstr",
        "contains",
        "inside",
        "has",
        "in",
        "any",
    }
    | {"all", "map", "map_values", "first", "last", "keys", "length", "to_entries", "type", "tostring", "tonumber"}
    | {"ascii_downcase", "ascii_upcase", "index", "rindex", "sort", "sort_by", "unique", "min", "max", "path"}
    | {"getpath", "del", "arrays", "objects", "scalars", "strings", "numbers", "booleans", "nulls", "iterables"}
    | {"values", "IN", "isvalid", "error"}
)
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<field>\.[A-Za-z_][A-Za-z0-9_]*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<variable>\$\w*)
    |(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<descent>\.\.)
    |(?P<iterator>\[\s*\])|(?P<refused>\?//=?|//=|[|+*/%-]=|=(?!=)|[-+*%])|(?P<compared>[=!<>]=|[<>])
    |(?P<other>//|[.?:;])|(?P<pipe>\|)|(?P<comma>,)|(?P<open>[(\[{])|(?P<close>[)\]}])""",
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_EACH = frozenset({"map", "map_values", "any", "all", "sort_by", "IN"})  # do something for each item
_PRODUCTS = frozenset({"if", "and", "or"})  # as comparisons: with all that each side leads to
_BEFORE_A_SIGN = frozenset({"open", "comma", "compared", "pipe", "other", "name"})
_REGEX_RISK = re.compile(r"[)}][*+{]|[*+?]\{")  # repeats what repeats: (a*)*, a{9}{9}
_ARGUMENT = re.compile(r'\(\s*("(?:[^"\\]|\\.)*")\s*\)', re.DOTALL)
_FLAGGED = re.compile(r'\A(\(\s*"(?:[^"\\]|\\.)*"\s*);\s*"[a-z]*"\s*\)', re.DOTALL)  # test("x"; "i")
_QUANTIFIER = re.compile(r"[*+{]")


@dataclass(frozen=True, slots=True)
class Cost:
    """How often an expression may do one thing.

    Attributes:
        copies: whatever the object is.
        spreads: once for every item of a list or mapping, that many times over.
        walks: once for every value in the object, that many times over.
    """

    copies: int = 1
    spreads: int = 0
    walks: int = 0


@dataclass(slots=True)
class _Reading:
    """What has been seen so far; `commas` of each bracket that is open, the expression itself first."""

    closers: list[str] = field(default_factory=list)
    commas: list[int] = field(default_factory=lambda: [0])
    copies: int = 1
    pipes: int = 0
    outer_spreads: int = 0
    inner_spreads: int = 0
    outer_descents: int = 0
    walks: int = 0
    descents: int = 0
    texts_made: int = 0
    is_product: bool = False
    last_kind: str = "open"


def cost(expression: str) -> Cost:
    """Read an expression and tell what it may cost.

    Raises:
        UserError: reason InvalidJq: it does more than lead to fields.
    """
    if len(expression) > CHARACTERS:
        raise refused(expression, f"is longer than {CHARACTERS} characters")
    reading, position = _Reading(), 0
    while position < len(expression):
        token = _TOKEN.match(expression, position)
        if token is None:
            raise refused(expression, f"uses {expression[position]!r}, which is not allowed here; lead to fields only")
        position = token.end()
        kind = str(token.lastgroup)
        if kind != "space":
            why = _take(kind, token.group(), expression[position:].lstrip(), reading)
            if why:
                raise refused(expression, why)
    return _total(expression, reading)


def refused(expression: str, why: str) -> UserError:
    """The error of an expression that is not run."""
    shown = expression if len(expression) <= 80 else expression[:80] + "..."
    return UserError(f"jq expression {shown!r} {why}; correct spec.ignoreDifferences", reason="InvalidJq")


def _total(expression: str, reading: _Reading) -> Cost:
    copies = reading.copies
    for commas in reading.commas:
        copies *= commas + 1
    if reading.pipes > PIPES or reading.descents > DESCENTS:
        raise refused(expression, f"has more than {PIPES} pipes or {DESCENTS} descents (..); split it up")
    if copies > COPIES:
        raise refused(expression, f"leads to more than {COPIES} things at once by its commas; split it up")
    if reading.texts_made > 1:
        raise refused(expression, "uses tostring more than once")
    is_product = reading.is_product
    return Cost(
        copies,
        reading.inner_spreads + (reading.outer_spreads if is_product else 0),
        reading.walks + (reading.outer_descents if is_product else 0),
    )


def _take(kind: str, text: str, rest: str, reading: _Reading) -> str:
    """Take one token in; why it is refused, empty when it is not."""
    before, reading.last_kind = reading.last_kind, kind
    is_signed = kind == "number" and text.startswith("-")
    if kind in ("variable", "refused") or (kind == "name" and text not in ALLOWED):
        return f"uses {text!r}, which is not allowed here; lead to fields only"
    if is_signed and before not in _BEFORE_A_SIGN:
        return "uses '-', which is not allowed here; lead to fields only"
    if kind == "number" and "]" in reading.closers and abs(float(text)) > INDEX:
        return f"uses index {text}; {INDEX} is the largest"
    if kind == "text":
        return _text(text)
    if kind in ("open", "close"):
        return _bracket(kind, text, reading)
    if kind == "name":
        return _name(text, rest, reading)
    _count(kind, reading)
    return ""


def _text(text: str) -> str:
    if len(text) > TEXT_CHARACTERS + 2:
        return f"holds a text of more than {TEXT_CHARACTERS} characters"
    return "computes a text with \\(...); write the text itself" if "\\(" in text else ""


def _bracket(kind: str, text: str, reading: _Reading) -> str:
    if kind == "open":
        reading.closers.append(_PAIRS[text])
        reading.commas.append(0)
        return ""
    if not reading.closers or reading.closers.pop() != text:
        return "closes a bracket that it did not open"
    reading.copies = min(reading.copies * (reading.commas.pop() + 1), COPIES + 1)
    return ""


def _name(name: str, rest: str, reading: _Reading) -> str:
    argument = _argument_or_none(rest)
    if name in ("test", "match"):
        return _regex(name, _FLAGGED.sub(r"\1)", rest) if name == "test" else rest)
    reading.inner_spreads += name in _EACH
    reading.walks += name in ("contains", "inside") and argument is None
    reading.texts_made += name == "tostring"
    reading.is_product = reading.is_product or (name in _PRODUCTS and not reading.closers)
    return ""


def _argument_or_none(rest: str) -> str | None:
    """The text that is a function's only argument."""
    found = _ARGUMENT.match(rest)
    return found.group(1) if found else None


def _regex(name: str, rest: str) -> str:
    argument = _argument_or_none(rest)
    if argument is None:
        return f'uses {name}() with something else than one text; write for example {name}("^name-")'
    if _REGEX_RISK.search(argument) or len(_QUANTIFIER.findall(argument)) > QUANTIFIERS:
        return f"repeats more than {QUANTIFIERS} things in {argument[:40]}, or what repeats already; use a simpler one"
    return ""


def _count(kind: str, reading: _Reading) -> None:
    is_outer = not reading.closers
    reading.pipes += kind == "pipe"
    reading.commas[-1] += kind == "comma"
    reading.is_product = reading.is_product or (kind == "compared" and is_outer)
    if kind == "iterator":
        reading.outer_spreads += is_outer
        reading.inner_spreads += not is_outer
    elif kind == "descent":
        reading.descents += 1
        reading.outer_descents += is_outer
        reading.walks += not is_outer
