"""time.Parse: a text read by a layout."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from typing import Final

from dokaseca.generate.templates.gotemplate import layouts
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.layout_parts import Parts, out_of_range, quote
from dokaseca.generate.templates.gotemplate.times import DAYS, MONTHS, Time

_FRACTION: Final = re.compile(r"[.,][0-9]+")
_ZONE: Final = re.compile(r"ChST|MeST|GMT(?:[+-][0-9]+)?|[+-][0-9]+|(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])")
_OFFSETS: Final = {
    "07:00": re.compile(r"([+-])([0-9]{2}):([0-9]{2})"),
    "07": re.compile(r"([+-])([0-9]{2})"),
    "07:00:00": re.compile(r"([+-])([0-9]{2}):([0-9]{2}):([0-9]{2})"),
    "070000": re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})"),
    "0700": re.compile(r"([+-])([0-9]{2})([0-9]{2})"),
}


class _Bad(Exception):
    """The text does not begin with what the element asks for."""


class _OutOfRange(Exception):
    """An element's value is out of range."""


def parse(layout: str, text: str) -> Time:
    """time.Parse; the zone defaults to UTC.

    Raises:
        CallError: `text` does not follow the layout, as Go says it.
    """
    return _Reader(layout, text).read()


class _Reader:
    def __init__(self, layout: str, text: str) -> None:
        self._layout = layout
        self._text = text
        self._rest = text
        self._parts = Parts()

    def read(self) -> Time:
        """The whole text."""
        at = 0
        for match in layouts.ELEMENT.finditer(self._layout):
            self._skip(self._layout[at : match.start()])
            at = match.end()
            self._element(match.group(), self._layout[at:])
        self._skip(self._layout[at:])
        if self._rest:
            raise CallError(f"parsing time {quote(self._text)}: extra text: {quote(self._rest)}")
        return self._parts.time(self._text)

    def _skip(self, literal: str) -> None:
        """The layout's text between elements; runs of blanks are alike."""
        rest = literal
        while rest:
            if rest[0] == " ":
                if self._rest and self._rest[0] != " ":
                    raise self._cannot_parse(self._rest, literal)
                rest, self._rest = rest.lstrip(" "), self._rest.lstrip(" ")
            elif self._rest[:1] != rest[0]:
                raise self._cannot_parse(self._rest, literal)
            else:
                rest, self._rest = rest[1:], self._rest[1:]

    def _cannot_parse(self, value: str, element: str) -> CallError:
        return CallError(
            f"parsing time {quote(self._text)} as {quote(self._layout)}: "
            f"cannot parse {quote(value)} as {quote(element)}"
        )

    def _element(self, element: str, following: str) -> None:
        hold = self._rest
        try:
            if element[0] in ".,":
                self._fraction(element)
            elif element[0] in "Z-":
                self._offset(element)
            elif element in ("05", "5"):
                self._second(element, following)
            else:
                _READERS[element](self, element)
        except _OutOfRange as error:
            raise out_of_range(self._text, str(error)) from error
        except _Bad as error:
            raise self._cannot_parse(hold, element) from error

    # --- elements ---------------------------------------------------------------------------------------------------

    def _number(self, least: int, most: int) -> int:
        size = 0
        while size < most and _is_digit(self._rest[size : size + 1]):
            size += 1
        if size < least:
            raise _Bad
        number, self._rest = int(self._rest[:size]), self._rest[size:]
        return number

    def _two(self, element: str) -> int:
        return self._number(2 if element[0] == "0" else 1, 2)

    def _name(self, names: tuple[str, ...], size: int | None = None) -> int:
        for number, name in enumerate(names):
            wanted = name[:size]
            if self._rest[: len(wanted)].lower() == wanted.lower():
                self._rest = self._rest[len(wanted) :]
                return number
        raise _Bad

    def _short_year(self, element: str) -> None:
        year = self._signed_digits(2)
        self._parts.year = year + (1900 if year >= 69 else 2000)

    def _year(self, element: str) -> None:
        if not _is_digit(self._rest[:1]):
            raise _Bad
        self._parts.year = self._signed_digits(4)

    def _signed_digits(self, size: int) -> int:
        taken = self._rest[:size]
        digits = taken[1:] if taken[:1] in ("+", "-") else taken
        if len(taken) < size or not digits or not all(map(_is_digit, digits)):
            raise _Bad
        self._rest = self._rest[size:]
        return int(taken)

    def _month(self, element: str) -> None:
        if element[0] == "J":
            self._parts.month = self._name(MONTHS, 3 if element == "Jan" else None) + 1
            return
        self._parts.month = self._two(element)
        if not 1 <= self._parts.month <= 12:
            raise _OutOfRange("month")

    def _weekday(self, element: str) -> None:
        self._name(DAYS, 3 if element == "Mon" else None)

    def _day(self, element: str) -> None:
        if element[0] == "_" and self._rest[:1] == " ":
            self._rest = self._rest[1:]
        self._parts.day = self._two(element)

    def _day_of_year(self, element: str) -> None:
        for _ in range(2):
            if element[0] == "_" and self._rest[:1] == " ":
                self._rest = self._rest[1:]
        self._parts.day_of_year = self._number(3 if element == "002" else 1, 3)

    def _hour(self, element: str) -> None:
        self._parts.hour = self._number(1, 2) if element == "15" else self._two(element)
        if self._parts.hour > (23 if element == "15" else 12):
            raise _OutOfRange("hour")

    def _minute(self, element: str) -> None:
        self._parts.minute = self._two(element)
        if self._parts.minute > 59:
            raise _OutOfRange("minute")

    def _second(self, element: str, following: str) -> None:
        self._parts.second = self._two(element)
        if self._parts.second > 59:
            raise _OutOfRange("second")
        fraction = _FRACTION.match(self._rest)
        next_element = layouts.ELEMENT.search(following)
        if fraction and not (next_element and next_element.group()[0] in ".,"):
            self._take_fraction(fraction.group())

    def _fraction(self, element: str) -> None:
        match = _FRACTION.match(self._rest)
        if element[1] == "9":
            if match:
                self._take_fraction(match.group())
            return
        digits = self._rest[: len(element)]
        if len(digits) < len(element) or not _FRACTION.fullmatch(digits):
            raise _Bad
        self._take_fraction(digits)

    def _take_fraction(self, text: str) -> None:
        self._parts.nanosecond = int(text[1:10].ljust(9, "0"))
        self._rest = self._rest[len(text) :]

    def _half(self, element: str) -> None:
        half = self._rest[:2]
        if half not in ((element, "AM") if element == "PM" else (element, "am")):
            raise _Bad
        self._parts.half, self._rest = half.upper(), self._rest[2:]

    def _offset(self, element: str) -> None:
        if element[0] == "Z" and self._rest[:1] == "Z":
            self._parts.zone, self._rest = UTC, self._rest[1:]
            return
        match = _OFFSETS[element[1:]].match(self._rest)
        if match is None:
            raise _Bad
        hours, minutes, seconds = (int(part) for part in (*match.groups()[1:], "0", "0")[:3])
        for value, limit, name in ((hours, 24, "hour"), (minutes, 60, "minute"), (seconds, 60, "second")):
            if value > limit:
                raise _OutOfRange(f"time zone offset {name}")
        size = (hours * 60 + minutes) * 60 + seconds
        self._parts.offset = -size if match[1] == "-" else size
        if self._parts.offset == -1:  # which stands for none, in Go
            self._parts.offset = None
        self._rest = self._rest[match.end() :]

    def _zone(self, element: str) -> None:
        if self._rest.startswith("UTC"):
            self._parts.zone, self._rest = UTC, self._rest[3:]
            return
        match = _ZONE.match(self._rest)
        if match is None:
            raise _Bad
        name = match.group()
        number = re.sub(r"\A(?:GMT)?[+-]", "", name)
        if number.isdigit() and int(number) > 23:
            if not name.startswith("GMT"):
                raise _Bad
            name = "GMT"
        self._parts.zone_name, self._rest = name, self._rest[len(name) :]


_READERS: Final[dict[str, Callable[[_Reader, str], None]]] = {
    "January": _Reader._month,
    "Jan": _Reader._month,
    "01": _Reader._month,
    "1": _Reader._month,
    "Monday": _Reader._weekday,
    "Mon": _Reader._weekday,
    "2006": _Reader._year,
    "06": _Reader._short_year,
    "02": _Reader._day,
    "_2": _Reader._day,
    "2": _Reader._day,
    "002": _Reader._day_of_year,
    "__2": _Reader._day_of_year,
    "15": _Reader._hour,
    "03": _Reader._hour,
    "3": _Reader._hour,
    "04": _Reader._minute,
    "4": _Reader._minute,
    "PM": _Reader._half,
    "pm": _Reader._half,
    "MST": _Reader._zone,
}


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9" and len(character) == 1
