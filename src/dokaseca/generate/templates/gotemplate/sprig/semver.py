"""Sprig: `semver` and `semverCompare` by the rules of Masterminds/semver."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.values import Record

_VERSION: Final = re.compile(
    r"v?(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?\Z"
)
_CONSTRAINT: Final = re.compile(
    r"\s*(=|!=|>|<|>=|=>|<=|=<|~|~>|\^|)\s*v?(\d{1,18}|[xX*])(?:\.(\d{1,18}|[xX*]))?(?:\.(\d{1,18}|[xX*]))?"
    r"(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+[0-9A-Za-z\-.]+)?\s*(?:,|(?=\s)|\Z)"
)
_HYPHEN: Final = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*\Z")
_LENGTH: Final = 512  # characters of a version or constraint


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Ordered as semver orders; metadata does not count."""

    numbers: tuple[int, int, int]
    release: int  # 0 for a pre-release, 1 for a release: a release comes after its pre-releases
    identifiers: tuple[tuple[int, int, str], ...]
    prerelease: str = field(compare=False, default="")
    metadata: str = field(compare=False, default="")


def parse(text: str) -> Version:
    """A version; minor and patch may be missing, a leading v is allowed.

    Raises:
        CallError: not a version.
    """
    match = _VERSION.match(text) if len(text) <= _LENGTH else None
    if match is None:
        raise CallError("invalid semantic version")
    major, minor, patch, prerelease, metadata = match.groups()
    return _version((int(major), int(minor or 0), int(patch or 0)), prerelease or "", metadata or "")


def _version(numbers: tuple[int, int, int], prerelease: str = "", metadata: str = "") -> Version:
    identifiers = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in prerelease.split(".") if prerelease
    )
    return Version(numbers, 0 if prerelease else 1, identifiers, prerelease, metadata)


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparison: `given` numbers were written out, the rest are wildcards."""

    operator: str
    version: Version
    given: int

    def allows(self, version: Version) -> bool:
        if version.prerelease and not self.version.prerelease:
            return False
        checks: dict[str, Callable[[Version], bool]] = {
            "=": self._equal,
            "!=": lambda other: not self._equal(other),
            ">": self._greater,
            "<": self._less,
            ">=": lambda other: other >= self.version,
            "<=": lambda other: other < self._above(self.given) if self.given < 3 else other <= self.version,
            "~": lambda other: self.version <= other and self._below(other, min(2, self.given)),
            "^": self._caret,
        }
        return checks[self.operator](version)

    def _above(self, place: int) -> Version:
        """The first version whose number at `place` (1 major, 2 minor, 3 patch) is one higher; 0 is beyond all."""
        if place == 0:
            return _version((10**19, 0, 0))
        numbers = [*self.version.numbers[:place], 0, 0][:3]
        numbers[place - 1] += 1
        return _version((numbers[0], numbers[1], numbers[2]))

    def _below(self, version: Version, place: int) -> bool:
        return place == 0 or version.numbers < self._above(place).numbers

    def _equal(self, version: Version) -> bool:
        if self.given < 3:
            return self.version <= version and self._below(version, self.given)
        return version == self.version

    def _greater(self, version: Version) -> bool:
        return version >= self._above(self.given) if self.given < 3 else version > self.version

    def _less(self, version: Version) -> bool:
        return version < self.version

    def _caret(self, version: Version) -> bool:
        if version < self.version:
            return False
        major, minor, _ = self.version.numbers
        if major > 0 or self.given <= 1:
            place = min(1, self.given)
        elif minor > 0 or self.given == 2:
            place = 2
        else:
            place = 3
        return self._below(version, place)


def satisfies(constraint: str, version: Version) -> bool:
    """Whether any `||` alternative of `constraint` has all its comparisons true.

    Raises:
        CallError: not a constraint.
    """
    if len(constraint) > _LENGTH:
        raise CallError("improper constraint: too long")
    alternatives = [_terms(part) for part in constraint.split("||")]  # all of them, so that any bad one is told
    return any(all(term.allows(version) for term in terms) for terms in alternatives)


def _terms(text: str) -> list[_Term]:
    hyphen = _HYPHEN.match(text)
    if hyphen:
        text = f">={hyphen.group(1)},<={hyphen.group(2)}"
    terms: list[_Term] = []
    at = 0
    while at < len(text):
        match = _CONSTRAINT.match(text, at)
        if match is None or match.end() == at:
            raise CallError(f"improper constraint: {text}")
        terms.append(_term(match))
        at = match.end()
    if not terms:
        raise CallError(f"improper constraint: {text}")
    return terms


def _term(match: re.Match[str]) -> _Term:
    operator, major, minor, patch, prerelease = match.groups()
    numbers = (major, minor, patch)
    given = next((place for place, part in enumerate(numbers) if part is None or part in "xX*"), 3)
    filled = [int(part) if part and part.isdigit() and place < given else 0 for place, part in enumerate(numbers)]
    normal = {"": "=", "=>": ">=", "=<": "<=", "~>": "~"}.get(operator, operator)
    return _Term(normal, _version((filled[0], filled[1], filled[2]), prerelease or ""), given)


def _record(text: str) -> Record:
    version = parse(text)
    major, minor, patch = version.numbers
    whole = f"{major}.{minor}.{patch}"
    whole += (f"-{version.prerelease}" if version.prerelease else "") + (
        f"+{version.metadata}" if version.metadata else ""
    )
    fields: dict[str, Any] = {
        "Major": major,
        "Minor": minor,
        "Patch": patch,
        "Prerelease": version.prerelease,
        "Metadata": version.metadata,
        "Original": text,
        "String": whole,
    }
    return Record("*semver.Version", whole, fields)


FUNCTIONS: Final[dict[str, Function]] = {
    "semver": fn("s", _record),
    "semverCompare": fn("ss", lambda constraint, text: satisfies(constraint, parse(text))),
}
