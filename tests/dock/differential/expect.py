"""Whether an answer is what a script says it must be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.dock.differential import paths


@dataclass(frozen=True)
class Answer:
    """What came back: a document, or the events of a watch."""

    code: int
    document: Any = None
    text: str = ""
    warnings: tuple[str, ...] = ()
    events: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)


def differences(answer: Answer, expected: Mapping[str, Any]) -> list[str]:
    """Everything in which `answer` is not as `expected`, a line each."""
    return list(_differences(answer, expected))


def _differences(answer: Answer, expected: Mapping[str, Any]) -> Iterator[str]:
    yield from _same("code", answer.code, expected["code"])
    if "text" in expected:
        yield from _same("text", answer.text, expected["text"])
    document = answer.document
    for name in ("reason", "message", "details"):
        if name in expected:
            yield from _same(name, paths.at(document, name), expected[name])
    if "causes" in expected:
        yield from _causes(paths.at(document, "details.causes"), expected["causes"])
    yield from _fields(document, expected)
    if "warnings" in expected:
        yield from _same("warnings", list(answer.warnings), expected["warnings"])
    if "events" in expected:
        yield from _events(answer.events, expected["events"])


def _fields(document: Any, expected: Mapping[str, Any]) -> Iterator[str]:
    for path, value in expected.get("fields", {}).items():
        yield from _same(path, paths.at(document, path), value)
    for path in expected.get("absent", ()):
        if (found := paths.at(document, path)) is not paths.ABSENT:
            yield f"{path}: is {found!r}, should not be there"


def _causes(found: Any, expected: list[dict[str, str]]) -> Iterator[str]:
    if found is paths.ABSENT or len(found) != len(expected):
        yield f"details.causes: are {'not there' if found is paths.ABSENT else found}, should be {expected}"
        return
    for index, (one, wanted) in enumerate(zip(found, expected, strict=True)):
        for name, value in wanted.items():
            yield from _same(f"details.causes[{index}].{name}", one.get(name, paths.ABSENT), value)


def _events(found: tuple[Mapping[str, Any], ...], expected: list[dict[str, Any]]) -> Iterator[str]:
    if len(found) != len(expected):
        types = [one["type"] for one in found]
        yield f"events: {len(found)} {types}, should be {len(expected)}"
    for index, (event, wanted) in enumerate(zip(found, expected, strict=False)):
        yield from (f"event {index}: {line}" for line in _same("type", event["type"], wanted["type"]))
        yield from (f"event {index}: {line}" for line in _fields(event["object"], wanted))


def _same(what: str, found: Any, wanted: Any) -> Iterator[str]:
    if not matches(found, wanted):
        yield f"{what}: is {'not there' if found is paths.ABSENT else repr(found)}, should be {wanted!r}"


def matches(found: Any, wanted: Any) -> bool:
    """Whether `found` is `wanted`; a text that begins with `~` is a pattern for the whole text, in lists too."""
    if isinstance(wanted, str) and wanted.startswith("~"):
        return isinstance(found, str) and re.fullmatch(wanted[1:], found, re.DOTALL) is not None
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(matches, found, wanted))
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(matches(found[key], one) for key, one in wanted.items())
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)
