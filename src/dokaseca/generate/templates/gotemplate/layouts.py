"""Times by Go's layouts: `2006-01-02 15:04:05`, written and read."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from dokaseca.generate.templates.gotemplate import times
from dokaseca.generate.templates.gotemplate.times import DAYS, MONTHS, Time

ELEMENT: Final = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|(?<=_)2006|__2|_2(?!006)|002|0[1-6]|15|[12345]|PM|pm"
    r"|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-070000|-07:00:00|-0700|-07:00|-07|[.,](?:0+|9+)(?![0-9])"
)
RFC3339_NANO: Final = "2006-01-02T15:04:05.999999999Z07:00"


def formatted(time: Time, layout: str) -> str:
    """time.Format."""
    moment, year = time.local()
    return ELEMENT.sub(lambda match: _element(moment, year, time.nanosecond, match.group()), layout)


def _element(moment: datetime, year: int, nanosecond: int, element: str) -> str:
    if element[0] in ".,":
        digits = f"{nanosecond:09d}"[: len(element) - 1]
        digits = digits.rstrip("0") if element[1] == "9" else digits
        return element[0] + digits if digits else ""
    if element[0] in "Z-":
        return _offset(moment, element)
    if element == "MST":
        return times.zone_name(moment)
    return _date_element(moment, year, element) or _clock_element(moment, element)


def _date_element(moment: datetime, year: int, element: str) -> str:
    month, day = MONTHS[moment.month - 1], DAYS[moment.isoweekday() % 7]
    of_year = moment.timetuple().tm_yday
    return {
        "January": month,
        "Jan": month[:3],
        "Monday": day,
        "Mon": day[:3],
        "2006": times.year_text(year),
        "06": f"{abs(year) % 100:02d}",
        "01": f"{moment.month:02d}",
        "1": str(moment.month),
        "02": f"{moment.day:02d}",
        "_2": f"{moment.day:2d}",
        "2": str(moment.day),
        "002": f"{of_year:03d}",
        "__2": f"{of_year:3d}",
    }.get(element, "")


def _clock_element(moment: datetime, element: str) -> str:
    hour12 = moment.hour % 12 or 12
    half = "PM" if moment.hour >= 12 else "AM"
    return {
        "15": f"{moment.hour:02d}",
        "03": f"{hour12:02d}",
        "3": str(hour12),
        "04": f"{moment.minute:02d}",
        "4": str(moment.minute),
        "05": f"{moment.second:02d}",
        "5": str(moment.second),
        "PM": half,
        "pm": half.lower(),
    }[element]


def _offset(moment: datetime, element: str) -> str:
    seconds = times.offset_seconds(moment)
    if element[0] == "Z" and seconds == 0:
        return "Z"
    rest = abs(seconds)
    parts = [f"{rest // 3600:02d}", f"{rest // 60 % 60:02d}", f"{rest % 60:02d}"]
    wanted = {2: 1, 4: 2, 5: 2, 6: 3, 8: 3}[len(element) - 1]
    return ("-" if seconds < 0 else "+") + (":" if ":" in element else "").join(parts[:wanted])


def rfc3339(time: Time) -> str:
    """A time as encoding/json writes it."""
    return formatted(time, RFC3339_NANO)
