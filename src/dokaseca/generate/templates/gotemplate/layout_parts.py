"""What time.Parse has read, and the time that it makes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo

from dokaseca.generate.templates.gotemplate import times
from dokaseca.generate.templates.gotemplate.durations import HOUR, MINUTE, SECOND
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.times import Time


@dataclass(slots=True)
class Parts:
    """What has been read so far; a month or day of -1 has not."""

    year: int = 0
    month: int = -1
    day: int = -1
    day_of_year: int = -1
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    half: str = ""
    zone: tzinfo | None = None
    offset: int | None = None
    zone_name: str = ""

    def time(self, text: str) -> Time:
        """The time; the zone defaults to UTC.

        Args:
            text: what was read, for messages.

        Raises:
            CallError: there is no such day.
        """
        month, day = self._date(text)
        hour = self.hour
        if self.half == "PM" and hour < 12:
            hour += 12
        elif self.half == "AM" and hour == 12:
            hour = 0
        nanoseconds = hour * HOUR + self.minute * MINUTE + self.second * SECOND + self.nanosecond
        date = (self.year, month, day)
        if self.zone is not None:
            return times.of_date(date, nanoseconds, self.zone)
        if self.offset is not None:
            utc = times.of_date(date, nanoseconds, UTC)
            is_local = self.offset == 0 and self.zone_name in ("", "UTC")
            zone = UTC if is_local else times.fixed_zone(self.zone_name, self.offset)
            return Time(utc.nanoseconds - self.offset * SECOND, zone)
        if self.zone_name:
            hours = int(self.zone_name[3:]) if re.fullmatch(r"GMT[+-]\d+", self.zone_name) else 0
            return times.of_date(date, nanoseconds, UTC).within(times.fixed_zone(self.zone_name, hours * 3600))
        return times.of_date(date, nanoseconds, UTC)

    def _date(self, text: str) -> tuple[int, int]:
        """(month, day), checked against each other and the day of the year."""
        month, day = self.month, self.day
        if self.day_of_year >= 0:
            month, day = self._from_day_of_year(text)
            if self.month >= 0 and self.month != month:
                raise CallError(f"parsing time {quote(text)}: day-of-year does not match month")
            if self.day >= 0 and self.day != day:
                raise CallError(f"parsing time {quote(text)}: day-of-year does not match day")
        month, day = max(month, 1), day if day >= 0 else 1
        if not 1 <= day <= times.days_in(month, self.year):
            raise out_of_range(text, "day")
        return month, day

    def _from_day_of_year(self, text: str) -> tuple[int, int]:
        rest = self.day_of_year
        for month in range(1, 13):
            size = times.days_in(month, self.year)
            if 1 <= rest <= size:
                return month, rest
            rest -= size
        raise out_of_range(text, "day-of-year")


def out_of_range(text: str, what: str) -> CallError:
    """The error of a number that is too large."""
    return CallError(f"parsing time {quote(text)}: {what} out of range")


def quote(text: str) -> str:
    """How the time package quotes: every byte beyond ASCII as `\\xff`."""
    out = []
    for character in text:
        if character in '"\\':
            out.append("\\" + character)
        elif " " <= character < "\x80":
            out.append(character)
        else:
            raw = character.encode("utf-8", "surrogateescape")
            out.append("".join(f"\\x{byte:02x}" for byte in raw))
    return f'"{"".join(out)}"'
