"""Findings that somebody has looked at and accepted: by a comment beside them, or in a baseline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.bridge.lint.finding import Finding
from dokaseca.bridge.places import Note, Place
from dokaseca.model.errors import UserError

BASELINE_VERSION: Final = 1
_COMMENT = re.compile(r"(?:#|//)\s*dokaseca-lint:\s*(?P<rest>.*)$")
_IGNORE = re.compile(r"(?P<verb>ignore|ignore-file)=(?P<rules>[a-z-]+(?:,[a-z-]+)*)(?:\s+(?P<reason>\S.*))?\s*$")
_FORM = "write # dokaseca-lint: ignore=RULE reason"


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment: `line` is what it covers, 0 is the whole file."""

    rules: frozenset[str]
    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not reported, and why."""

    finding: Finding
    reason: str


def ignores(file: str, text: str, known: Collection[str]) -> tuple[list[Ignore], list[Note]]:
    """The comments of a file, and what is wrong with others that were meant as such.

    A comment covers its own line, or the next one where it stands alone; `ignore-file` covers the file.
    """
    found: list[Ignore] = []
    wrong: list[Note] = []
    for number, line in enumerate(text.splitlines(), 1):
        comment = _COMMENT.search(line)
        if comment is None:
            continue
        parsed = _IGNORE.match(comment["rest"])
        problem = _problem(parsed, known)
        if parsed is None or problem:
            wrong.append(Note(Place(file, number), problem))
            continue
        is_alone = not line[: comment.start()].strip()
        covered = 0 if parsed["verb"] == "ignore-file" else number + is_alone
        found.append(Ignore(frozenset(parsed["rules"].split(",")), file, covered, parsed["reason"].strip()))
    return found, wrong


def _problem(parsed: re.Match[str] | None, known: Collection[str]) -> str:
    if parsed is None:
        return f"this comment suppresses nothing; {_FORM}"
    unknown = sorted(set(parsed["rules"].split(",")) - set(known))
    if unknown:
        return f"there is no rule {unknown[0]!r}; this comment suppresses nothing"
    if not parsed["reason"]:
        return f"a suppression needs a reason; {_FORM}"
    return ""


def apply(findings: Iterable[Finding], comments: Iterable[Ignore]) -> tuple[list[Finding], list[Suppressed]]:
    """Findings that stay, and those that a comment covers."""
    by_place: dict[tuple[str, str, int], str] = {
        (rule, one.file, one.line): one.reason for one in comments for rule in one.rules
    }
    kept: list[Finding] = []
    gone: list[Suppressed] = []
    for finding in findings:
        place = finding.place
        reason = by_place.get((finding.rule, place.file, place.line)) or by_place.get((finding.rule, place.file, 0))
        if reason is None:
            kept.append(finding)
        else:
            gone.append(Suppressed(finding, reason))
    return kept, gone


def baseline_of(findings: Iterable[Finding], shorten: Callable[[str], str]) -> dict[str, Any]:
    """A baseline that holds these findings. Lines are not in it, so that it outlives edits above them.

    Args:
        shorten: makes a file's path what it is from where the baseline lies.
    """
    counted = Counter(_fingerprint(one, shorten) for one in findings)
    return {"version": BASELINE_VERSION, "findings": dict(sorted(counted.items()))}


def apply_baseline(
    findings: Iterable[Finding], baseline: Mapping[str, Any], shorten: Callable[[str], str], *, subject: str
) -> tuple[list[Finding], list[Suppressed]]:
    """Findings that are new, and those that the baseline knows.

    Raises:
        UserError: it is no baseline.
    """
    known = baseline.get("findings") if isinstance(baseline, dict) else None
    if not isinstance(known, dict) or baseline.get("version") != BASELINE_VERSION or not _are_counts(known.values()):
        raise UserError(
            f"{subject} is no baseline of this version; write it anew with --write-baseline", reason="InvalidBaseline"
        )
    left = Counter(known)
    kept: list[Finding] = []
    gone: list[Suppressed] = []
    for finding in findings:
        fingerprint = _fingerprint(finding, shorten)
        if left[fingerprint] > 0:
            left[fingerprint] -= 1
            gone.append(Suppressed(finding, f"known to {subject}"))
        else:
            kept.append(finding)
    return kept, gone


def _are_counts(values: Iterable[Any]) -> bool:
    return all(isinstance(one, int) and not isinstance(one, bool) for one in values)


def _fingerprint(finding: Finding, shorten: Callable[[str], str]) -> str:
    return f"{finding.rule} | {shorten(finding.place.file)} | {finding.subject}"


def fingerprints(findings: Iterable[Finding], shorten: Callable[[str], str]) -> Iterator[str]:
    """What identifies each finding whatever its line is; the n-th of the same kind gets its number."""
    seen: Counter[str] = Counter()
    for finding in findings:
        fingerprint = _fingerprint(finding, shorten)
        seen[fingerprint] += 1
        yield f"{fingerprint} | {seen[fingerprint]}"
