"""Two slashes in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dokaseca.bridge.lint.facts import Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_DOUBLE = re.compile(r"(?<!:)//")


def check(facts: Facts) -> Iterator[Finding]:
    for each in facts.sets:
        for path in each.paths:
            written = _PLACEHOLDER.sub("x", path.text)
            rendered = {cluster: text for cluster, text in path.rendered.items() if _DOUBLE.search(text)}
            if _DOUBLE.search(written):
                yield Finding(
                    RULE.id,
                    Severity.WARNING,
                    path.place,
                    _around(written),
                    f"path {path.text} holds two slashes in a row",
                )
            elif rendered:
                cluster = min(rendered)
                yield Finding(
                    RULE.id,
                    Severity.WARNING,
                    path.place,
                    path.text,
                    f"path {path.text} becomes {rendered[cluster]} for {cluster}: a parameter is empty, or "
                    "brings a slash of its own",
                )


def _around(text: str) -> str:
    """The part before the two slashes: what several such paths have in common."""
    return text[: _DOUBLE.search(text).start()] + "//"  # type: ignore[union-attr]


RULE = Rule(
    id="double-slash",
    title="paths with two slashes in a row",
    why="tools read such a path differently: as one slash, as an absolute path, or not at all",
    todo="write one slash",
    check=check,
)
