"""Sprig: dates. The time comes from the Clock; zones from the machine's database."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import durations, layout_reader, layouts, numerals, times
from dokaseca.generate.templates.gotemplate.durations import HOUR, MINUTE, SECOND, Duration, wrapped
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import HEAVY, KINDS, Function, Kind, Traits, fn
from dokaseca.generate.templates.gotemplate.run import Run
from dokaseca.generate.templates.gotemplate.times import Time
from dokaseca.generate.templates.gotemplate.values import Int64

_DAY: Final = 24 * HOUR
_HTML: Final = "2006-01-02"
_ROUNDED: Final = ((365 * _DAY, "y"), (30 * _DAY, "mo"), (_DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"))
_KINDS: Final = KINDS | {"t": Kind("time.Time", Time)}
_TAKES_RUN: Final = Traits(takes_run=True, weight="light")
_HEAVY: Final = Traits(takes_run=True, weight="heavy")


def _now(run: Run) -> Time:
    return times.of_datetime(run.clock.now())


def _moment(run: Run, value: Any) -> Time:
    """A time, Unix seconds, or (as sprig does for anything else) now."""
    if isinstance(value, Time):
        return value
    if type(value) in (int, Int64):
        return Time(int(value) * SECOND)
    return _now(run)


def _date_in_zone(run: Run, layout: str, value: Any, zone: str) -> str:
    return layouts.formatted(_moment(run, value).within(times.zone_or_none(zone) or UTC), layout)


def _date(run: Run, layout: str, value: Any) -> str:
    return _date_in_zone(run, layout, value, "Local")


def _html_date(run: Run, value: Any) -> str:
    return _date_in_zone(run, _HTML, value, "Local")


def _html_date_in_zone(run: Run, value: Any, zone: str) -> str:
    return _date_in_zone(run, _HTML, value, zone)


def _modified(text: str, moment: Time) -> Time:
    return Time(moment.nanoseconds + durations.parse(text), moment.zone)


def _modified_or_same(text: str, moment: Time) -> Time:
    try:
        return _modified(text, moment)
    except CallError:
        return moment


def _ago(run: Run, value: Any) -> str:
    gone = _now(run).nanoseconds - _moment(run, value).nanoseconds
    gone = max(-(1 << 63), min((1 << 63) - 1, gone))
    return durations.text(durations.rounded(gone, SECOND))


def _duration(value: Any) -> str:
    """Seconds as a text or an int64; sprig takes anything else, plain integers too, for 0."""
    seconds = 0
    if isinstance(value, str):
        seconds = numerals.integer(value, base=10)[0]
    elif type(value) is Int64:
        seconds = int(value)
    return durations.text(wrapped(seconds * SECOND))


def _duration_round(run: Run, value: Any) -> str:
    gone = 0
    if isinstance(value, str):
        gone = _parsed_or_zero(value)
    elif type(value) is Int64:
        gone = int(value)
    elif isinstance(value, Time):
        gone = _now(run).nanoseconds - value.nanoseconds
    for size, unit in _ROUNDED:
        if abs(gone) > size:
            return f"{abs(gone) // size}{unit}"
    return "0s"


def _parsed_or_zero(text: str) -> Duration:
    try:
        return durations.parse(text)
    except CallError:
        return Duration(0)


def _to_date(layout: str, text: str) -> Time:
    try:
        return layout_reader.parse(layout, text)
    except CallError:
        return times.ZERO


def _unix(moment: Time) -> str:
    return str(moment.seconds)


FUNCTIONS: Final[dict[str, Function]] = {
    "now": fn("", _now, _TAKES_RUN),
    "ago": fn("a", _ago, _TAKES_RUN),
    "date": fn("sa", _date, _HEAVY),
    "dateInZone": fn("sas", _date_in_zone, _HEAVY),
    "date_in_zone": fn("sas", _date_in_zone, _HEAVY),
    "htmlDate": fn("a", _html_date, _TAKES_RUN),
    "htmlDateInZone": fn("as", _html_date_in_zone, _TAKES_RUN),
    "dateModify": fn("st", _modified_or_same, kinds=_KINDS),
    "date_modify": fn("st", _modified_or_same, kinds=_KINDS),
    "mustDateModify": fn("st", _modified, kinds=_KINDS),
    "must_date_modify": fn("st", _modified, kinds=_KINDS),
    "duration": fn("a", _duration),
    "durationRound": fn("a", _duration_round, _TAKES_RUN),
    "toDate": fn("ss", _to_date, HEAVY),
    "mustToDate": fn("ss", layout_reader.parse, HEAVY),
    "unixEpoch": fn("t", _unix, kinds=_KINDS),
}
