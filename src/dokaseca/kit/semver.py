"""Semantic versions and ranges, by the rules of the Go library that Helm and Argo CD use (Masterminds)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import total_ordering

_VERSION = re.compile(
    r"v?(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?(?:\.(0|[1-9]\d*))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?\Z"
)
_TERM = re.compile(
    r"\s*(=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?\s*"
    r"(v?(?:\d+|[xX*])(?:\.(?:\d+|[xX*]))?(?:\.(?:\d+|[xX*]))?(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)\s*,?"
)
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*\Z")


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A version; build metadata does not take part in order or equality."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""

    def _order(self) -> tuple[object, ...]:
        parts = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.prerelease.split(".") if part
        )
        return (self.major, self.minor, self.patch, not self.prerelease, parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._order() == other._order()

    def __lt__(self, other: Version) -> bool:
        return self._order() < other._order()

    def __hash__(self) -> int:
        return hash(self._order())


Check = Callable[[Version], bool]


def parse_or_none(text: str) -> Version | None:
    """`text` as a version: a leading `v` is dropped, missing parts are 0."""
    match = _VERSION.match(text.strip())
    if match is None:
        return None
    return Version(int(match[1]), int(match[2] or 0), int(match[3] or 0), match[4] or "")


def is_constraint(text: str) -> bool:
    """Whether `text` is a range rather than one version or a name."""
    if parse_or_none(text) is not None and text.strip().lstrip("v").count(".") == 2:
        return False
    return (_groups_or_none(text) is not None and any(one in text for one in "*xX^~<>=!|, ")) or text.strip() == "*"


def matches(constraint: str, version: Version) -> bool:
    """Whether a version lies in a range. Pre-releases only match where the range itself names one.

    Raises:
        ValueError: `constraint` is not a range.
    """
    groups = _groups_or_none(constraint)
    if groups is None:
        raise ValueError(f"not a version range: {constraint!r}")
    return any(
        all(check(version) for check in checks) and (allows_prerelease or not version.prerelease)
        for checks, allows_prerelease in groups
    )


def best_or_none(constraint: str, versions: Iterable[str]) -> str | None:
    """The text of the greatest version in a range, None when there is none or `constraint` is not a range."""
    groups = _groups_or_none(constraint)
    if groups is None:
        return None
    parsed = [(version, text) for text in versions if (version := parse_or_none(text)) is not None]
    fitting = [(version, text) for version, text in parsed if matches(constraint, version)]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _groups_or_none(text: str) -> list[tuple[list[Check], bool]] | None:
    groups: list[tuple[list[Check], bool]] = []
    for alternative in text.split("||"):
        checks = _checks_or_none(alternative)
        if checks is None:
            return None
        groups.append((checks, "-" in _HYPHEN.sub(r"\1 \2", alternative)))
    return groups


def _checks_or_none(text: str) -> list[Check] | None:
    hyphen = _HYPHEN.match(text)
    if hyphen:
        text = f">={hyphen[1]} <={hyphen[2]}"
    position, checks = 0, []
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            return None
        checks.append(_check(match[1] or "=", match[2]))
        position = match.end()
    return checks or None


def _check(operator: str, text: str) -> Check:
    core, _, prerelease = text.removeprefix("v").partition("+")[0].partition("-")
    parts = [None if part in ("x", "X", "*") else int(part) for part in core.split(".")]
    known = [part for part in parts if part is not None]
    full = [*known, 0, 0, 0][:3]
    low = Version(full[0], full[1], full[2], prerelease)
    if not known:
        return lambda _: operator not in ("!=", "<", ">")
    bump = _bumped(
        low,
        {"^": _caret_index(full, len(known)), "~": min(1, len(known) - 1)}.get(operator.rstrip(">"), len(known) - 1),
    )
    exact = len(known) == 3
    table: dict[str, Check] = {
        "=": (lambda v: v == low) if exact else (lambda v: low <= v < bump),
        "!=": (lambda v: v != low) if exact else (lambda v: not low <= v < bump),
        ">": (lambda v: v > low) if exact else (lambda v: v >= bump),
        ">=": lambda v: v >= low,
        "<": lambda v: v < low,
        "<=": (lambda v: v <= low) if exact else (lambda v: v < bump),
        "~": lambda v: low <= v < bump,
        "^": lambda v: low <= v < bump,
    }
    return table[{"=>": ">=", "=<": "<=", "~>": "~"}.get(operator, operator)]


def _caret_index(full: list[int], known: int) -> int:
    return next((index for index in range(known) if full[index]), known - 1)


def _bumped(version: Version, index: int) -> Version:
    parts = [version.major, version.minor, version.patch]
    parts = [*parts[:index], parts[index] + 1, 0, 0][:3]
    return Version(parts[0], parts[1], parts[2])
