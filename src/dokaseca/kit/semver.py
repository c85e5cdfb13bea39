"""Semantic versions and ranges, by the rules of the Go library that Helm and Argo CD use (Masterminds/semver 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, total_ordering

_NUMBER = r"[0-9]{1,20}"  # zeros may lead: tags like 2024.01.05 are versions
_LARGEST = 2**64 - 1  # what Go's uint64 holds
_TAIL = r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_VERSION = re.compile(rf"v?({_NUMBER})(?:\.({_NUMBER}))?(?:\.({_NUMBER}))?{_TAIL}\Z")
_PART = rf"({_NUMBER}|[xX*])"
_RANGE_VERSION = rf"v?{_PART}(?:\.{_PART})?(?:\.{_PART})?{_TAIL}"
_TERM = re.compile(rf"\s*(!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?\s*{_RANGE_VERSION}\s*(?:,|(?=\s)|\Z)")
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*\Z")
_OPERATORS = {"=>": ">=", "=<": "<=", "~>": "~", "": "="}
CHARACTERS = 512  # of a version or range: far longer than any that means something
RANGES_KEPT = 1024  # parsed, in memory


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A version; build metadata does not take part in order or equality."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""

    @property
    def numbers(self) -> tuple[int, int, int]:
        return self.major, self.minor, self.patch

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


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparison. `given` numbers were written out, the others are wildcards."""

    operator: str
    version: Version
    given: int

    def allows(self, version: Version) -> bool:
        checks: dict[str, Callable[[Version], bool]] = {
            "=": self._equal,
            "!=": lambda other: not self._is_named(other),
            ">": self._above,
            "<": lambda other: other < self.version,
            ">=": lambda other: other >= self.version,
            "<=": self._up_to,
            "~": self._tilde,
            "^": self._caret,
        }
        return checks[self.operator](version)

    def _equal(self, other: Version) -> bool:
        return other == self.version if self.given == 3 else self._tilde(other)

    def _is_named(self, other: Version) -> bool:
        """Whether `!=` leaves it out; one that names no number leaves out 0.0.0 alone, as in Go."""
        if self.given in (0, 3):
            return other == self.version
        if self.given == 2 and (other.prerelease or self.version.prerelease):
            return other == Version(*self.version.numbers[:2], other.patch, self.version.prerelease)
        return other.numbers[: self.given] == self.version.numbers[: self.given]

    def _above(self, other: Version) -> bool:
        if self.given in (0, 3):
            return other.major > self.version.major or other > self.version
        return other.numbers[: self.given] > self.version.numbers[: self.given]

    def _up_to(self, other: Version) -> bool:
        if self.given == 3:
            return other <= self.version
        places = max(1, self.given) if self.given else 2
        return other.numbers[:places] <= self.version.numbers[:places]

    def _tilde(self, other: Version) -> bool:
        if other < self.version:
            return False
        if self.version.numbers == (0, 0, 0) and self.given in (0, 3):
            return True
        places = 1 if self.given == 1 else 2
        return other.numbers[:places] == self.version.numbers[:places]

    def _caret(self, other: Version) -> bool:
        if other < self.version:
            return False
        if self.version.major > 0 or self.given == 1:
            return other.major == self.version.major
        if self.version.minor > 0 or self.given == 2:
            return other.numbers[:2] == self.version.numbers[:2]
        return other.numbers == self.version.numbers


@dataclass(frozen=True, slots=True)
class _Alternative:
    """Comparisons that must all hold; pre-releases may pass where one of them names one."""

    terms: tuple[_Term, ...]

    def allows(self, version: Version) -> bool:
        if version.prerelease and not any(term.version.prerelease for term in self.terms):
            return False
        return all(term.allows(version) for term in self.terms)


def parse_or_none(text: str) -> Version | None:
    """`text` as a version: a leading `v` is dropped, missing parts are 0."""
    match = _VERSION.match(text) if len(text) <= CHARACTERS else None
    if match is None or _has_leading_zero(match[4] or ""):
        return None
    version = Version(int(match[1]), int(match[2] or 0), int(match[3] or 0), match[4] or "")
    return version if max(version.numbers) <= _LARGEST else None


def is_constraint(text: str) -> bool:
    """Whether `text` is a range rather than one version or a name."""
    if parse_or_none(text.strip()) is not None and text.strip().lstrip("v").count(".") == 2:
        return False
    return _alternatives_or_none(text) is not None and any(one in text for one in "*xX^~<>=!|, ")


def matches(constraint: str, version: Version) -> bool:
    """Whether a version lies in a range. Pre-releases only match where the range itself names one.

    Raises:
        ValueError: `constraint` is not a range.
    """
    alternatives = _alternatives_or_none(constraint)
    if alternatives is None:
        raise ValueError(f"not a version range: {constraint[:80]!r} (write for example 1.2.3, ~1.2 or >=1.2 <2)")
    return any(alternative.allows(version) for alternative in alternatives)


def best_or_none(constraint: str, versions: Iterable[str]) -> str | None:
    """The text of the greatest version in a range, None when there is none or `constraint` is not a range.

    Of several texts of one version the alphabetically last is taken, so that the order of `versions` does not matter.
    """
    alternatives = _alternatives_or_none(constraint)
    if alternatives is None:
        return None
    parsed = [(version, text) for text in versions if (version := parse_or_none(text)) is not None]
    fitting = [pair for pair in parsed if any(alternative.allows(pair[0]) for alternative in alternatives)]
    return max(fitting)[1] if fitting else None


@lru_cache(maxsize=RANGES_KEPT)
def _alternatives_or_none(text: str) -> tuple[_Alternative, ...] | None:
    if len(text) > CHARACTERS:
        return None
    found = [_alternative_or_none(part) for part in text.split("||")]
    alternatives = tuple(one for one in found if one is not None)
    return alternatives if len(alternatives) == len(found) else None


def _alternative_or_none(text: str) -> _Alternative | None:
    if not text.strip():
        return None
    hyphen = _HYPHEN.match(text)
    if hyphen:
        text = f">={hyphen[1]},<={hyphen[2]}"
    terms: list[_Term] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or _has_leading_zero(match[5] or ""):
            return None
        terms.append(_term(match))
        if max(terms[-1].version.numbers) > _LARGEST:
            return None
        position = match.end()
    return None if text.rstrip().endswith(",") else _Alternative(tuple(terms))


def _term(match: re.Match[str]) -> _Term:
    written = (match[2], match[3], match[4])
    given = next((place for place, part in enumerate(written) if part is None or part in "xX*"), 3)
    numbers = [int(part) if part and place < given else 0 for place, part in enumerate(written)]
    operator = _OPERATORS.get(match[1] or "", match[1] or "=")
    return _Term(operator, Version(numbers[0], numbers[1], numbers[2], match[5] or ""), given)


def _has_leading_zero(prerelease: str) -> bool:
    return any(len(part) > 1 and part.startswith("0") and part.isdigit() for part in prerelease.split("."))
