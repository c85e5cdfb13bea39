"""Sprig: dates, with Go's layouts. The time comes from the Clock; zones from the machine's database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.kit import durations
from dokaseca.kit.clock import Clock

_LAYOUT: Final = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|__2|002|01|02|03|04|05|06|15|_2|PM|pm"
    r"|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-070000|-07:00:00|-0700|-07:00|-07|[.,]0+|[.,]9+|1|2|3|4|5"
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ZONE_NAME: Final = re.compile(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*\Z")


def formatted(moment: datetime, layout: str) -> str:
    """time.Format."""
    return _LAYOUT.sub(lambda match: _element(moment, match), layout)


def _element(moment: datetime, match: re.Match[str]) -> str:
    element = match.group()
    following = match.string[match.end() : match.end() + 1]
    if element[0] in ".,":
        if following.isdigit():
            return element
        digits = f"{moment.microsecond:06d}000"[: len(element) - 1].ljust(len(element) - 1, "0")
        digits = digits.rstrip("0") if element[1] == "9" else digits
        return element[0] + digits if digits else ""
    if element.startswith("J") and following.islower():  # "Janet" names no month
        return element
    simple = _simple_elements(moment).get(element)
    return simple if simple is not None else _zone(moment, element)


def _simple_elements(moment: datetime) -> dict[str, str]:
    hour12 = moment.hour % 12 or 12
    month, day = _MONTHS[moment.month - 1], _DAYS[moment.weekday()]
    return {
        "January": month,
        "Jan": month[:3],
        "Monday": day,
        "Mon": day[:3],
        "MST": moment.tzname() or "UTC",
        "2006": f"{moment.year:04d}",
        "06": f"{moment.year % 100:02d}",
        "01": f"{moment.month:02d}",
        "1": str(moment.month),
        "02": f"{moment.day:02d}",
        "_2": f"{moment.day:2d}",
        "2": str(moment.day),
        "002": f"{moment.timetuple().tm_yday:03d}",
        "__2": f"{moment.timetuple().tm_yday:3d}",
        "15": f"{moment.hour:02d}",
        "03": f"{hour12:02d}",
        "3": str(hour12),
        "04": f"{moment.minute:02d}",
        "4": str(moment.minute),
        "05": f"{moment.second:02d}",
        "5": str(moment.second),
        "PM": "PM" if moment.hour >= 12 else "AM",
        "pm": "pm" if moment.hour >= 12 else "am",
    }


def _zone(moment: datetime, token: str) -> str:
    offset = moment.utcoffset() or timedelta()
    seconds = int(offset.total_seconds())
    if token[0] == "Z" and seconds == 0:
        return "Z"
    sign, rest = "-" if seconds < 0 else "+", abs(seconds)
    parts = [f"{rest // 3600:02d}", f"{rest // 60 % 60:02d}", f"{rest % 60:02d}"]
    wanted = {2: 1, 4: 2, 5: 2, 6: 3, 8: 3}[len(token) - 1]
    return sign + (":" if ":" in token else "").join(parts[:wanted])


def _moment(value: Any, clock: Clock) -> datetime:
    """A time, Unix seconds, or (as sprig does for anything else) now."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise CallError(f"time out of range: {value}") from error
    return clock.now()


def _zone_of(name: str) -> tzinfo:
    if name in ("", "UTC", "Local"):
        return UTC
    try:
        return ZoneInfo(name) if _ZONE_NAME.match(name) else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _date_in_zone(clock: Clock, layout: str, value: Any, zone: str) -> str:
    return formatted(_moment(value, clock).astimezone(_zone_of(zone)), layout)


def _date(clock: Clock, layout: str, value: Any) -> str:
    return formatted(_moment(value, clock), layout)


def _html_date(clock: Clock, value: Any) -> str:
    return formatted(_moment(value, clock), "2006-01-02")


def _modify(text: str, moment: Any) -> datetime:
    if not isinstance(moment, datetime):
        raise CallError("expected time.Time")
    try:
        return moment + timedelta(seconds=durations.parse_seconds(text))
    except (ValueError, OverflowError) as error:
        raise CallError(f'time: invalid duration "{text}"') from error


def _modify_or_same(text: str, moment: Any) -> Any:
    try:
        return _modify(text, moment)
    except CallError:
        return moment


def duration_text(seconds: float) -> str:
    """time.Duration's String: `1h2m3s`, `1.5s`, `250ms`."""
    if seconds == 0:
        return "0s"
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    if rest < 1:
        for factor, unit in ((1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
            if rest * factor >= 1:
                return f"{sign}{rest * factor:.6g}{unit}"
    whole = int(rest)
    tail = f"{whole % 60}" + f"{rest - whole:.9f}".rstrip("0").removeprefix("0").removesuffix(".")
    if whole < 60:
        return f"{sign}{tail}s"
    hours, minutes = divmod(whole // 60, 60)
    return f"{sign}{hours}h{minutes}m{tail}s" if hours else f"{sign}{minutes}m{tail}s"


def _ago(clock: Clock, value: Any) -> str:
    return duration_text(float(round((clock.now() - _moment(value, clock)).total_seconds())))


def _duration(value: Any) -> str:
    """Seconds as a text or an integer; sprig takes anything else for 0."""
    return duration_text(0.0 if isinstance(value, float) else float(convert.integer(value)))


def _duration_round(value: Any) -> str:
    seconds = 0.0
    if isinstance(value, str):
        try:
            seconds = durations.parse_seconds(value)
        except ValueError:
            return "0s"
    elif isinstance(value, int):
        seconds = value / 1e9
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    for size, unit in ((31536000, "y"), (2592000, "mo"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if rest > size:
            return f"{sign}{int(rest // size)}{unit}"
    return "0s"


_PARSERS: Final = {
    "2006": (r"(?P<year>\d{4})", ""),
    "06": (r"(?P<short>\d{2})", ""),
    "01": (r"(?P<month>\d{2})", ""),
    "1": (r"(?P<month>\d{1,2})", ""),
    "02": (r"(?P<day>\d{2})", ""),
    "2": (r"(?P<day>\d{1,2})", ""),
    "_2": (r" ?(?P<day>\d{1,2})", ""),
    "15": (r"(?P<hour>\d{2})", ""),
    "04": (r"(?P<minute>\d{2})", ""),
    "05": (r"(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?", ""),
    "January": (r"(?P<name>[A-Z][a-z]+)", ""),
    "Jan": (r"(?P<name>[A-Z][a-z]{2})", ""),
    "Monday": (r"[A-Z][a-z]+day", ""),
    "Mon": (r"[A-Z][a-z]{2}", ""),
    "MST": (r"(?P<zone>UTC|GMT)", ""),
    "Z07:00": (r"(?P<offset>Z|[+-]\d\d:\d\d)", ""),
    "-07:00": (r"(?P<offset>[+-]\d\d:\d\d)", ""),
    "-0700": (r"(?P<offset>[+-]\d{4})", ""),
}


def _parse(layout: str, text: str) -> datetime:
    """time.Parse for the elements that dates are written with; the zone defaults to UTC."""
    pattern, at = "", 0
    for match in _LAYOUT.finditer(layout):
        if match.group() not in _PARSERS:
            raise CallError(f'parsing time "{text[:40]}": layout element {match.group()} is not offered')
        pattern += re.escape(layout[at : match.start()]) + _PARSERS[match.group()][0]
        at = match.end()
    try:
        found = re.fullmatch(pattern + re.escape(layout[at:]), text)
    except re.error as error:
        raise CallError(f"layout names an element twice: {layout[:40]}") from error
    if found is None:
        raise CallError(f'parsing time "{text[:40]}" as "{layout[:40]}": cannot parse')
    return _assembled(found.groupdict(), text)


def _assembled(parts: dict[str, str | None], text: str) -> datetime:
    year = int(parts.get("year") or 0) or (2000 + int(parts["short"] or 0) if parts.get("short") else 1)
    name = parts.get("name")
    months = [number for number, month in enumerate(_MONTHS, 1) if name and month.startswith(name)]
    fraction = (parts.get("fraction") or "").ljust(6, "0")[:6]
    try:
        moment = datetime(
            year,
            months[0] if months else int(parts.get("month") or 1),
            int(parts.get("day") or 1),
            int(parts.get("hour") or 0),
            int(parts.get("minute") or 0),
            int(parts.get("second") or 0),
            int(fraction or 0),
            UTC,
        )
        return moment - _offset(parts.get("offset"))
    except (ValueError, OverflowError) as error:
        raise CallError(f'parsing time "{text[:40]}": {error}') from error


def _offset(text: str | None) -> timedelta:
    if text is None or text == "Z":
        return timedelta()
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if text[0] == "-" else offset


def _to_date(layout: str, text: str) -> Any:
    try:
        return _parse(layout, text)
    except CallError:
        return datetime(1, 1, 1, tzinfo=UTC)


def _unix(moment: Any) -> str:
    if not isinstance(moment, datetime):
        raise CallError("expected time.Time")
    return str(int(moment.timestamp()))


FUNCTIONS: Final[dict[str, Function]] = {
    "now": fn("", lambda clock: clock.now(), takes_clock=True),
    "ago": fn("a", _ago, takes_clock=True),
    "date": fn("sa", _date, takes_clock=True),
    "dateInZone": fn("sas", _date_in_zone, takes_clock=True),
    "date_in_zone": fn("sas", _date_in_zone, takes_clock=True),
    "htmlDate": fn("a", _html_date, takes_clock=True),
    "htmlDateInZone": fn(
        "as", lambda clock, value, zone: _date_in_zone(clock, "2006-01-02", value, zone), takes_clock=True
    ),
    "dateModify": fn("sa", _modify_or_same),
    "date_modify": fn("sa", _modify_or_same),
    "mustDateModify": fn("sa", _modify),
    "must_date_modify": fn("sa", _modify),
    "duration": fn("a", _duration),
    "durationRound": fn("a", _duration_round),
    "toDate": fn("ss", _to_date),
    "mustToDate": fn("ss", _parse),
    "unixEpoch": fn("a", _unix),
}
