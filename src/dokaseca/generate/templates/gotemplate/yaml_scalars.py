"""How go-yaml writes a text: plain where it reads back as a text, else quoted; several lines as a block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dokaseca.generate.templates.gotemplate import layout_reader, numerals
from dokaseca.generate.templates.gotemplate.errors import CallError

_WORD: Final = re.compile(
    r"(?:[yYnN~]|[yY]es|YES|[nN]o|NO|[tT]rue|TRUE|[fF]alse|FALSE|[oO]n|ON|[oO]ff|OFF|[nN]ull|NULL"
    r"|\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF))\Z"
)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BASE_60: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_BINARY: Final = re.compile(r"-?0b[-+]?[01]+\Z")
_LIKE_A_DATE: Final = re.compile(r"[0-9]{4}-")
_DATES: Final = (
    "2006-1-2T15:4:5.999999999Z07:00",
    "2006-1-2t15:4:5.999999999Z07:00",
    "2006-1-2 15:4:5.999999999",
    "2006-1-2",
)
_BREAK: Final = "\r\n\x85\u2028\u2029"
_UNPRINTABLE: Final = re.compile("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_BEGINS_NOTHING: Final = re.compile(r"""---|\.\.\.|[#,\[\]{}&*!|>'"%@`]|[-?:](?=[ \t]|\Z)""")
_BREAKS_PLAIN: Final = re.compile(r"(?<!\A):(?=[ \t]|\Z)|(?:(?<=[ \t\r\n\x85\u2028\u2029]))#")
_ESCAPES: Final = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}


@dataclass(frozen=True, slots=True)
class Analysis:
    """Which styles may hold a text."""

    is_multiline: bool
    may_be_plain: bool
    may_be_single: bool
    may_be_block: bool


def is_text(value: str) -> bool:
    """Whether `value`, written plain, is read as a text."""
    if not value or _WORD.match(value):
        return False
    first = value[0]
    if first == ".":
        return bool(numerals.real(value)[1])
    if first not in "+-0123456789":
        return True
    if _LIKE_A_DATE.match(value) and _is_date(value):
        return False
    plain = value.replace("_", "")
    is_number = not numerals.integer(plain)[1] or _is_unsigned(plain) or _BINARY.match(plain) is not None
    if is_number or (_FLOAT.match(plain) and not numerals.real(plain)[1]):
        return False
    return not _BASE_60.match(value)


def _is_unsigned(text: str) -> bool:
    number = numerals.unsigned_or_none(text)
    return number is not None and number < 1 << 64


def _is_date(text: str) -> bool:
    for layout in _DATES:
        try:
            layout_reader.parse(layout, text)
        except CallError:
            continue
        return True
    return False


def analysed(text: str) -> Analysis:
    """What the emitter finds out about a text before it chooses a style."""
    if not text:
        return Analysis(is_multiline=False, may_be_plain=True, may_be_single=True, may_be_block=False)
    has_breaks = any(one in text for one in _BREAK)
    edge = text[0] + text[-1]
    at_edge = any(one in edge for one in _BREAK + " ")
    break_space = has_breaks and re.search(f"[{_BREAK}] ", text) is not None
    is_special = _UNPRINTABLE.search(_without_breaks(text)) is not None
    is_special = is_special or (has_breaks and re.search(f" [{_BREAK}]", text) is not None)
    is_blocked = _BEGINS_NOTHING.match(text) is not None or _BREAKS_PLAIN.search(text) is not None
    return Analysis(
        is_multiline=has_breaks,
        may_be_plain=not (has_breaks or at_edge or is_special or is_blocked),
        may_be_single=not (break_space or is_special),
        may_be_block=not (is_special or text[-1] == " "),
    )


def _without_breaks(text: str) -> str:
    """For the search of what cannot be printed: of the breaks only U+2028 and U+2029 can."""
    return text.replace("\u2028", "").replace("\u2029", "")


def is_break(character: str) -> bool:
    """Whether a line ends here."""
    return character in _BREAK


def escaped_or_none(character: str) -> str | None:
    """The character within double quotes, None where it stands for itself."""
    if not (character in _BREAK or character in '"\\' or _UNPRINTABLE.match(character)):
        return None
    short = _ESCAPES.get(character)
    if short is not None:
        return "\\" + short
    code = ord(character)
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def block_header(text: str) -> str:
    """What stands after `|`: an indentation where the first line does not tell it, and what becomes of the end."""
    hint = "2" if text[0] == " " or text[0] in _BREAK else ""
    if text[-1] not in _BREAK:
        return f"{hint}-"
    return f"{hint}+" if len(text) == 1 or text[-2] in _BREAK else hint
