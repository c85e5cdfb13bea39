"""One name for two ApplicationSets."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    for place, message in facts.taken_twice:
        yield Finding(RULE.id, Severity.ERROR, place, message.partition(" is in ")[0], message)


RULE = Rule(
    id="duplicate-set",
    title="ApplicationSets that have one name",
    why="the one that is applied last replaces the other, and deletes what the other had generated",
    todo="rename one",
    check=check,
)
