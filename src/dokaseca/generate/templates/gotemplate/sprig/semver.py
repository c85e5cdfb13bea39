"""Sprig: `semver` and `semverCompare` by the rules of Masterminds/semver."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from dokaseca.generate.templates.gotemplate import numerals, octets, quoting
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import KINDS, LIGHT, Function, Kind, fn
from dokaseca.generate.templates.gotemplate.values import Stringer, Struct, Uint64
from dokaseca.kit import semver

_VERSION_BYTES: Final = 256
_LEADING_ZEROS: Final = re.compile(r"(?<![0-9A-Za-z])0+(?=[0-9])")
_IDENTIFIER: Final = re.compile(r"[0-9A-Za-z-]+\Z")
_PLACES: Final = ("major", "minor", "patch")
_LARGEST: Final = 2**64 - 1
_LARGE: Final = re.compile(r"[0-9]{20,}")


class _Version(Struct, Stringer):
    """The parsed version, its metadata and how it was written."""

    __slots__ = ("metadata", "original", "parsed")

    def __init__(self, parsed: semver.Version, metadata: str, original: str) -> None:
        self.parsed = parsed
        self.metadata = metadata
        self.original = original

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Nothing is left: `deepCopy` copies exported fields."""
        return type(self)(semver.Version(0, 0, 0), "", "")

    def go_all_fields(self) -> Mapping[str, Any]:
        numbers = zip(("major", "minor", "patch"), map(Uint64, self.parsed.numbers), strict=True)
        return {**dict(numbers), "pre": self.parsed.prerelease, "metadata": self.metadata, "original": self.original}

    def go_string(self) -> str:
        prerelease = f"-{self.parsed.prerelease}" if self.parsed.prerelease else ""
        return ".".join(map(str, self.parsed.numbers)) + prerelease + (f"+{self.metadata}" if self.metadata else "")


class Version(_Version):
    """A *semver.Version, what `semver` gives."""

    __slots__ = ()
    go_type = "*semver.Version"
    go_kind = "ptr"


class NextVersion(_Version):
    """A semver.Version, what methods make of another one; it lacks the methods that need a pointer."""

    __slots__ = ()
    go_type = "semver.Version"
    go_kind = "struct"


def parsed(text: str) -> Version:
    """A version; minor and patch may be missing, a leading v is allowed.

    Raises:
        CallError: not a version.
    """
    if octets.length(text) > _VERSION_BYTES:
        raise CallError(f"version string is too long (max {_VERSION_BYTES} bytes)")
    version = semver.parse_or_none(text)
    if version is None:
        raise CallError(_version_problem(text))
    return Version(version, text.partition("+")[2], text)


def _version_problem(text: str) -> str:
    """What Go says of a text that is no version."""
    if semver.parse_or_none(_LEADING_ZEROS.sub("", text)) is not None:
        return "version segment starts with 0"
    large = _LARGE.search(text)
    if large is not None and semver.parse_or_none(_LARGE.sub("0", text)) is not None:
        return f'error parsing version segment: strconv.ParseUint: parsing "{large.group()}": {numerals.RANGE}'
    return "invalid semantic version"


def _is_within(constraint: str, text: str) -> bool:
    """Whether any `||` alternative of `constraint` has all its comparisons true.

    Raises:
        CallError: not a constraint, or not a version.
    """
    for part in constraint.split("||"):
        if not _is_constraint(part):
            is_close = _is_constraint(_LARGE.sub("0", _LEADING_ZEROS.sub("", part)))
            raise CallError("constraint parser error" if is_close else f"improper constraint: {quoting.quote(part)}")
    return semver.matches(constraint, parsed(text).parsed)


def _is_constraint(text: str) -> bool:
    try:
        semver.matches(text, semver.Version(0, 0, 0))
    except ValueError:
        return False
    return True


def _compare(left: Version, right: Version) -> int:
    return (left.parsed > right.parsed) - (left.parsed < right.parsed)


def _next(old: _Version, numbers: Sequence[int], prerelease: str = "", metadata: str = "") -> NextVersion:
    """A version made of another one; whether a v leads stays."""
    major, minor, patch = numbers
    found = NextVersion(semver.Version(major, minor, patch, prerelease), metadata, "")
    found.original = ("v" if old.original.startswith("v") else "") + found.go_string()
    return found


def _incremented(version: _Version, place: int) -> NextVersion:
    """The next major, minor or patch version; the next patch of a pre-release is the release itself."""
    old = version.parsed
    numbers = [*old.numbers]
    if not (place == 2 and old.prerelease):
        numbers[place] += 1
    if numbers[place] > _LARGEST:
        raise CallError(f"{_PLACES[place]} version increment would overflow uint64")
    return _next(version, [*numbers[: place + 1], 0, 0][:3])


def _with_prerelease(version: _Version, text: str) -> NextVersion:
    for part in text.split(".") if text else ():
        if part.isdigit() and part.isascii() and len(part) > 1 and part.startswith("0"):
            raise CallError("version segment starts with 0")
        if not _IDENTIFIER.match(part):
            raise CallError("invalid prerelease string")
    return _next(version, version.parsed.numbers, text, version.metadata)


def _with_metadata(version: _Version, text: str) -> NextVersion:
    if text and not all(map(_IDENTIFIER.match, text.split("."))):
        raise CallError("invalid metadata string")
    return _next(version, version.parsed.numbers, version.parsed.prerelease, text)


_KINDS: Final = KINDS | {"V": Kind("*semver.Version", Version)}


def _method(letters: str, call: Any) -> Function:
    return fn(letters, call, LIGHT, _KINDS)


_OF_VALUES: Final[dict[str, Function]] = {
    "Major": _method("", lambda version: Uint64(version.parsed.major)),
    "Minor": _method("", lambda version: Uint64(version.parsed.minor)),
    "Patch": _method("", lambda version: Uint64(version.parsed.patch)),
    "Prerelease": _method("", lambda version: version.parsed.prerelease),
    "Metadata": _method("", lambda version: version.metadata),
    "String": _method("", lambda version: version.go_string()),
    "Value": _method("", lambda version: version.go_string()),
    "IncMajor": _method("", lambda version: _incremented(version, 0)),
    "IncMinor": _method("", lambda version: _incremented(version, 1)),
    "IncPatch": _method("", lambda version: _incremented(version, 2)),
    "SetPrerelease": _method("s", _with_prerelease),
    "SetMetadata": _method("s", _with_metadata),
}
_OF_POINTERS: Final[dict[str, Function]] = {
    **_OF_VALUES,
    "Original": _method("", lambda version: version.original),
    "Compare": _method("V", _compare),
    "Equal": _method("V", lambda left, right: _compare(left, right) == 0),
    "LessThan": _method("V", lambda left, right: _compare(left, right) < 0),
    "LessThanEqual": _method("V", lambda left, right: _compare(left, right) <= 0),
    "GreaterThan": _method("V", lambda left, right: _compare(left, right) > 0),
    "GreaterThanEqual": _method("V", lambda left, right: _compare(left, right) >= 0),
}

METHODS: Final[Mapping[type, Mapping[str, Function]]] = {Version: _OF_POINTERS, NextVersion: _OF_VALUES}
FUNCTIONS: Final[dict[str, Function]] = {
    "semver": fn("s", parsed),
    "semverCompare": fn("ss", _is_within),
}
