"""Cron schedules, as CronJobs write them: five fields, names, ranges, steps, and @-names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_HORIZON = timedelta(days=366 * 5)  # 29 February comes again within it; robfig/cron gives up after five years too


@dataclass(frozen=True, slots=True)
class Schedule:
    """When each field matches; a day matches by either of its fields when both are restricted."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def after(self, moment: datetime) -> datetime | None:
        """The first time after `moment`, in its time zone; None when there is none within five years."""
        at = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = at + _HORIZON
        while at < end:
            if at.month not in self.months or not self._has_day(at):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif at.hour not in self.hours:
                at = at.replace(minute=0) + timedelta(hours=1)
            elif at.minute not in self.minutes:
                at += timedelta(minutes=1)
            else:
                return at
        return None

    def _has_day(self, at: datetime) -> bool:
        by_date, by_weekday = at.day in self.days, at.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either_day else by_date and by_weekday


def parse(text: str) -> Schedule:
    """The schedule that `text` writes.

    Raises:
        ValueError: it is not a schedule.
    """
    fields = _NAMES.get(text.strip(), text).split()
    if len(fields) != 5:
        raise ValueError(f"a schedule has five fields: {text!r}")
    minutes, hours, days, months, weekdays = fields
    return Schedule(
        _field(minutes, 0, 59),
        _field(hours, 0, 23),
        _field(days, 1, 31),
        _field(months, 1, 12, _MONTHS, offset=1),
        frozenset(day % 7 for day in _field(weekdays, 0, 7, _DAYS)),
        days[0] not in "*?" and weekdays[0] not in "*?",
    )


def _field(text: str, low: int, high: int, names: tuple[str, ...] = (), *, offset: int = 0) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        step = int(step_text) if slash else 1
        if step < 1:
            raise ValueError(f"a step must be at least 1: {text!r}")
        if span in ("*", "?"):
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = _number(start, names, offset)
            last = _number(end, names, offset) if dash else high if slash else first
        if not low <= first <= last <= high:
            raise ValueError(f"{text!r} is not within {low}-{high}")
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, names: tuple[str, ...], offset: int) -> int:
    return names.index(text.lower()) + offset if text.lower() in names else int(text)
