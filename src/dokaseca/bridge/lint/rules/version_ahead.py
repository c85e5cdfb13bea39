"""Versions that reach an environment before the one that should have tried them."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint import versions
from dokaseca.bridge.lint.facts import Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    for each in facts.sets:
        for step in versions.steps(each, facts.environments):
            if step.is_ahead:
                yield Finding(
                    RULE.id,
                    Severity.WARNING,
                    each.version_place,
                    each.name,
                    f"{step.later} runs {step.chart} {step.later_version}, {step.earlier} still {step.earlier_version} "
                    f"(ApplicationSet {each.name})",
                )


RULE = Rule(
    id="version-ahead",
    title="versions that are newer than in the environment before",
    why="what runs there has not been tried in the environment that is there to try it",
    todo="promote the version in order, or take it back",
    check=check,
    needs_clusters=True,
)
