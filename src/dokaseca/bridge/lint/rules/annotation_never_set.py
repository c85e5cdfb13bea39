"""Annotations that templates read and no cluster has."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint import near
from dokaseca.bridge.lint.facts import BASE_ANNOTATIONS, Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    known = facts.annotations | BASE_ANNOTATIONS
    unread = facts.annotations - facts.read_annotations - BASE_ANNOTATIONS
    for each in facts.sets:
        for reference in each.references:
            if reference.kind != "annotation" or reference.name in known:
                continue
            candidate = near.nearest_or_none(reference.name, unread)
            hint = f"; did you mean {candidate}?" if candidate else ""
            yield Finding(
                RULE.id,
                Severity.WARNING if reference.is_optional else Severity.ERROR,
                reference.place,
                reference.name,
                f"{reference.text} reads annotation {reference.name}, which no cluster sets{hint}",
            )


RULE = Rule(
    id="annotation-never-set",
    title="annotations that are read and never set",
    why="the placeholder stays as it is written (or becomes <no value>): a repository or path that does not exist",
    todo="set the annotation where clusters are registered, or read one that is set",
    check=check,
    needs_clusters=True,
)
