"""Findings as SARIF 2.1.0, which code hosts show beside the lines. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from dokaseca.bridge.lint import suppress
from dokaseca.bridge.lint.check import RULES
from dokaseca.bridge.lint.finding import Finding, Rule, Severity
from dokaseca.bridge.lint.suppress import Suppressed
from dokaseca.kit import digest

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
HELP: Final = "https://dokaseca.dev/reference/lint-rules"
_LEVELS: Final = {Severity.NOTE: "note", Severity.WARNING: "warning", Severity.ERROR: "error"}
_INDEX: Final = {rule.id: number for number, rule in enumerate(RULES)}


def log(
    findings: Sequence[Finding], suppressed: Sequence[Suppressed], shorten: Callable[[str], str], *, version: str
) -> dict[str, Any]:
    """One run.

    Args:
        shorten: makes a file's path relative to the repository's root.
        version: of the product.
    """
    every = [(one, None) for one in findings] + [(one.finding, one.reason) for one in suppressed]
    marks = suppress.fingerprints((finding for finding, _ in every), shorten)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "dokaseca",
                        "semanticVersion": version,
                        "informationUri": "https://dokaseca.dev",
                        "rules": [_rule(one) for one in RULES],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, reason, mark, shorten)
                    for (finding, reason), mark in zip(every, marks, strict=True)
                ],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": _sentence(rule.title)},
        "fullDescription": {"text": _sentence(rule.why)},
        "help": {"text": f"{_sentence(rule.title)} {_sentence(rule.why)} {_sentence(rule.todo)}"},
        "helpUri": f"{HELP}#{rule.id}",
    }


def _result(finding: Finding, reason: str | None, mark: str, shorten: Callable[[str], str]) -> dict[str, Any]:
    text = finding.what + (f"; {finding.todo}" if finding.todo else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(shorten(finding.place.file))},
                    "region": {"startLine": finding.place.line},
                }
            }
        ],
        "partialFingerprints": {"dokasecaLint/v1": digest.of_bytes(mark.encode())},
    }
    if reason is not None:
        kind = "external" if reason.startswith("known to ") else "inSource"
        result["suppressions"] = [{"kind": kind, "justification": reason}]
    return result


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _uri(path: str) -> str:
    """A path as a relative reference, or as an absolute one where it is absolute: signs that mean something escaped."""
    escaped = PurePosixPath("/", path).as_uri().removeprefix("file://")
    return escaped if path.startswith("/") else escaped.removeprefix("/")
