"""Versions that have stayed behind."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint import versions
from dokaseca.bridge.lint.facts import Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    for each in facts.sets:
        for step in versions.steps(each, facts.environments):
            if not step.is_ahead:
                majors = step.majors
                distance = f", {majors} major version{'s' * (majors > 1)} behind" if majors else ""
                yield Finding(
                    RULE.id,
                    Severity.WARNING if majors else Severity.NOTE,
                    each.version_place,
                    each.name,
                    f"{step.later} runs {step.chart} {step.later_version}, {step.earlier} {step.earlier_version}"
                    f"{distance} (ApplicationSet {each.name})",
                )


RULE = Rule(
    id="version-behind",
    title="versions that are older than in the environment before",
    why="a promotion is pending; the longer it waits, the larger the step",
    todo="promote, or say in the file why not",
    check=check,
    needs_clusters=True,
)
