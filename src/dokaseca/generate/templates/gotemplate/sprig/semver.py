"""Sprig: `semver` and `semverCompare` by the rules of Masterminds/semver."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.values import Record
from dokaseca.kit import semver


def _parse(text: str) -> semver.Version:
    """A version; minor and patch may be missing, a leading v is allowed.

    Raises:
        CallError: not a version.
    """
    version = semver.parse_or_none(text)
    if version is None:
        raise CallError("invalid semantic version")
    return version


def _is_within(constraint: str, text: str) -> bool:
    """Whether any `||` alternative of `constraint` has all its comparisons true.

    Raises:
        CallError: not a constraint, or not a version.
    """
    version = _parse(text)
    try:
        return semver.matches(constraint, version)
    except ValueError as error:
        raise CallError(f"improper constraint: {constraint}") from error


def _record(text: str) -> Record:
    version = _parse(text)
    _, plus, metadata = text.partition("+")
    numbers = ".".join(map(str, version.numbers))
    whole = numbers + (f"-{version.prerelease}" if version.prerelease else "") + plus + metadata
    fields: dict[str, Any] = {
        "Major": version.major,
        "Minor": version.minor,
        "Patch": version.patch,
        "Prerelease": version.prerelease,
        "Metadata": metadata,
        "Original": text,
        "String": whole,
    }
    return Record("*semver.Version", whole, fields)


FUNCTIONS: Final[dict[str, Function]] = {
    "semver": fn("s", _record),
    "semverCompare": fn("ss", _is_within),
}
