"""time.Time: nanoseconds since 1970 and a zone."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dokaseca.generate.templates.gotemplate.durations import SECOND
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.values import Stringer, Struct

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CYCLE_YEARS: Final = 400
_CYCLE_SECONDS: Final = 146_097 * 86_400
_FIRST_YEAR: Final = 5  # well within Python's calendar, which begins with year 1
_FIRST_SECOND: Final = -62_135_596_800 + 2 * 86_400  # year 1; zones reach over the edges of Python's calendar
_LAST_SECOND: Final = 253_402_300_800 - 2 * 86_400  # year 10000
_ZONE_NAME: Final = re.compile(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*\Z")


class Month(int, Stringer):
    """A time.Month."""

    __slots__ = ()
    go_type = "time.Month"
    go_kind = "int"

    def go_string(self) -> str:
        return MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(int, Stringer):
    """A time.Weekday."""

    __slots__ = ()
    go_type = "time.Weekday"
    go_kind = "int"

    def go_string(self) -> str:
        return DAYS[self] if 0 <= self <= 6 else f"%!Weekday({int(self)})"


class Time(Struct, Stringer):
    """A moment."""

    __slots__ = ("nanoseconds", "zone")
    go_type = "time.Time"

    def __init__(self, nanoseconds: int, zone: tzinfo = UTC) -> None:
        self.nanoseconds = nanoseconds
        self.zone = zone

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and (self.nanoseconds, self.zone) == (other.nanoseconds, other.zone)

    def __hash__(self) -> int:
        return hash((self.nanoseconds, self.zone))

    def __deepcopy__(self, memo: dict[int, Any]) -> Time:
        return self

    def go_string(self) -> str:
        """`2006-01-02 15:04:05.999999999 -0700 MST`"""
        moment, year = self.local()
        fraction = f".{self.nanosecond:09d}".rstrip("0") if self.nanosecond else ""
        return f"{year_text(year)}-{moment:%m-%d %H:%M:%S}{fraction} {offset_text(moment)} {zone_name(moment)}"

    @property
    def nanosecond(self) -> int:
        """Within its second."""
        return self.nanoseconds % SECOND

    @property
    def seconds(self) -> int:
        """Whole seconds since 1970."""
        return self.nanoseconds // SECOND

    def local(self) -> tuple[datetime, int]:
        """Its date and time of day in its zone, without fractions, and its year.

        The year of the datetime differs from that where Python knows none: the calendar repeats every 400 years.
        """
        seconds, zone, shift = self.seconds, self.zone, 0
        if seconds < _FIRST_SECOND:  # long before zones had rules: their first offset holds
            first = datetime(_FIRST_YEAR, 1, 1, tzinfo=self.zone)
            zone = fixed_zone(first.tzname() or "", offset_seconds(first))
            shift = (seconds - _FIRST_SECOND) // _CYCLE_SECONDS
        elif seconds >= _LAST_SECOND:
            shift = (seconds - _LAST_SECOND) // _CYCLE_SECONDS + 1
        moment = (_EPOCH + timedelta(seconds=seconds - shift * _CYCLE_SECONDS)).astimezone(zone)
        return moment, moment.year + shift * _CYCLE_YEARS

    def within(self, zone: tzinfo) -> Time:
        """The same moment in another zone."""
        return Time(self.nanoseconds, zone)


ZERO: Final = Time(-62_135_596_800 * SECOND)


def of_datetime(moment: datetime) -> Time:
    """A Time of an aware datetime."""
    gone = moment.astimezone(UTC) - _EPOCH
    return Time((gone.days * 86_400 + gone.seconds) * SECOND + gone.microseconds * 1000, moment.tzinfo or UTC)


def of_date(date: tuple[int, int, int], nanoseconds: int, zone: tzinfo) -> Time:
    """time.Date: year, month and day (which may lie beyond the month's end), and nanoseconds since midnight.

    Raises:
        CallError: the date is millions of years away.
    """
    year, month, day = date
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shift = 0 if 1 < year < 9998 else year // _CYCLE_YEARS - 5
    try:
        start = datetime(year - shift * _CYCLE_YEARS, month, 1, tzinfo=UTC) + timedelta(days=day - 1)
        gone = (start + timedelta(seconds=nanoseconds // SECOND)).replace(tzinfo=zone) - _EPOCH
    except (OverflowError, ValueError) as error:
        raise CallError("time: the date is out of range") from error
    seconds = gone.days * 86_400 + gone.seconds + shift * _CYCLE_SECONDS
    return Time(seconds * SECOND + nanoseconds % SECOND, zone)


def days_in(month: int, year: int) -> int:
    """How many days a month has."""
    return calendar.monthrange(year % _CYCLE_YEARS + _CYCLE_YEARS, month)[1]


def fixed_zone(name: str, offset_seconds: int) -> tzinfo:
    """A zone without a history; Go allows it without a name.

    Raises:
        CallError: a day or more from UTC.
    """
    try:
        return timezone(timedelta(seconds=offset_seconds), name)
    except ValueError as error:
        raise CallError("time: a zone a day or more from UTC") from error


def zone_or_none(name: str) -> tzinfo | None:
    """time.LoadLocation; `Local` is UTC, as in Argo CD's containers."""
    if name in ("", "UTC", "Local"):
        return UTC
    try:
        return ZoneInfo(name) if _ZONE_NAME.match(name) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def offset_seconds(moment: datetime) -> int:
    """How far its zone is ahead of UTC."""
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset else 0


def offset_text(moment: datetime) -> str:
    """`-0700`"""
    seconds = offset_seconds(moment)
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"


def zone_name(moment: datetime) -> str:
    """The zone's abbreviation; its offset where it has none."""
    return moment.tzname() or offset_text(moment)


def year_text(year: int) -> str:
    """At least four digits."""
    return f"-{-year:04d}" if year < 0 else f"{year:04d}"
