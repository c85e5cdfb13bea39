"""The methods that values have: of times, durations, months and weekdays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import durations, layouts, times
from dokaseca.generate.templates.gotemplate.durations import HOUR, MINUTE, SECOND, Duration, wrapped
from dokaseca.generate.templates.gotemplate.functions import KINDS, LIGHT, Function, Kind, fn
from dokaseca.generate.templates.gotemplate.times import Month, Time, Weekday
from dokaseca.generate.templates.gotemplate.values import Int64

_KINDS: Final = KINDS | {"T": Kind("time.Time", Time), "D": Kind("time.Duration", Duration)}


def method(letters: str, call: Any) -> Function:
    """A method; `call` takes the receiver first."""
    return fn(letters, call, LIGHT, _KINDS)


def _add_date(time: Time, years: int, months: int, days: int) -> Time:
    moment, year = time.local()
    within_day = (moment.hour * 60 + moment.minute) * 60 + moment.second
    date = (year + years, moment.month + months, moment.day + days)
    return times.of_date(date, within_day * SECOND + time.nanosecond, time.zone)


def _difference(time: Time, other: Time) -> Duration:
    gone = time.nanoseconds - other.nanoseconds
    return Duration(max(-(1 << 63), min((1 << 63) - 1, gone)))


def _truncated(time: Time, unit: Duration) -> Time:
    if unit <= 0:
        return time
    return Time(time.nanoseconds - (time.nanoseconds - times.ZERO.nanoseconds) % unit, time.zone)


def _rounded(time: Time, unit: Duration) -> Time:
    if unit <= 0:
        return time
    rest = (time.nanoseconds - times.ZERO.nanoseconds) % unit
    return Time(time.nanoseconds - rest + (unit if 2 * rest >= unit else 0), time.zone)


def _of_local(name: str) -> Function:
    return method("", lambda time: int(getattr(time.local()[0], name)))


_TIME: Final[dict[str, Function]] = {
    "Year": method("", lambda time: time.local()[1]),
    "Month": method("", lambda time: Month(time.local()[0].month)),
    "Day": _of_local("day"),
    "Hour": _of_local("hour"),
    "Minute": _of_local("minute"),
    "Second": _of_local("second"),
    "Nanosecond": method("", lambda time: time.nanosecond),
    "YearDay": method("", lambda time: time.local()[0].timetuple().tm_yday),
    "Weekday": method("", lambda time: Weekday(time.local()[0].isoweekday() % 7)),
    "Unix": method("", lambda time: Int64(time.seconds)),
    "UnixMilli": method("", lambda time: Int64(wrapped(time.nanoseconds // 1_000_000))),
    "UnixMicro": method("", lambda time: Int64(wrapped(time.nanoseconds // 1_000))),
    "UnixNano": method("", lambda time: Int64(wrapped(time.nanoseconds))),
    "UTC": method("", lambda time: time.within(UTC)),
    "Local": method("", lambda time: time.within(UTC)),
    "IsZero": method("", lambda time: time.nanoseconds == times.ZERO.nanoseconds),
    "String": method("", lambda time: time.go_string()),
    "Format": method("s", layouts.formatted),
    "Add": method("D", lambda time, gone: Time(time.nanoseconds + int(gone), time.zone)),
    "AddDate": method("iii", _add_date),
    "Sub": method("T", _difference),
    "After": method("T", lambda time, other: time.nanoseconds > other.nanoseconds),
    "Before": method("T", lambda time, other: time.nanoseconds < other.nanoseconds),
    "Equal": method("T", lambda time, other: time.nanoseconds == other.nanoseconds),
    "Compare": method("T", lambda time, other: _order(time.nanoseconds, other.nanoseconds)),
    "Truncate": method("D", _truncated),
    "Round": method("D", _rounded),
}
_DURATION: Final[dict[str, Function]] = {
    "Hours": method("", lambda gone: int(gone) / HOUR),
    "Minutes": method("", lambda gone: int(gone) / MINUTE),
    "Seconds": method("", lambda gone: int(gone) / SECOND),
    "Milliseconds": method("", lambda gone: Int64(_quotient(gone, 1_000_000))),
    "Microseconds": method("", lambda gone: Int64(_quotient(gone, 1_000))),
    "Nanoseconds": method("", lambda gone: Int64(gone)),
    "Abs": method("", lambda gone: Duration(min(abs(int(gone)), (1 << 63) - 1))),
    "Round": method("D", lambda gone, unit: Duration(durations.rounded(int(gone), int(unit)))),
    "Truncate": method("D", lambda gone, unit: Duration(_quotient(gone, unit) * unit if unit > 0 else gone)),
    "String": method("", lambda gone: gone.go_string()),
}
_NAMED: Final[dict[str, Function]] = {"String": method("", lambda value: value.go_string())}

METHODS: Final[Mapping[type, Mapping[str, Function]]] = {
    Time: _TIME,
    Duration: _DURATION,
    Month: _NAMED,
    Weekday: _NAMED,
}


def _order(left: int, right: int) -> int:
    return (left > right) - (left < right)


def _quotient(number: int, unit: int) -> int:
    """Division that cuts towards zero."""
    return int(number) // unit if number >= 0 else -(-int(number) // unit)
