"""Selectors that ask for a value that no cluster can have."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import FLAG, Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity

_SHOWN = 8


def check(facts: Facts) -> Iterator[Finding]:
    labels = facts.labels()
    for each in facts.sets:
        for selector in each.selectors:
            for requirement in selector.requirements:
                if requirement.operator != "In" or requirement.key.startswith(FLAG) or requirement.key not in labels:
                    continue
                possible = facts.values_of(requirement.key)
                if not possible or requirement.values & possible:
                    continue
                wanted, known = ", ".join(sorted(requirement.values)), sorted(possible)
                more = ", ..." if len(known) > _SHOWN else ""
                effect = "the override never applies" if selector.is_override else "nothing is ever generated"
                yield Finding(
                    RULE.id,
                    Severity.WARNING if selector.is_override else Severity.ERROR,
                    requirement.place,
                    f"{requirement.key}={wanted}",
                    f"ApplicationSet {each.name} wants {requirement.key} to be {wanted}, which no cluster can have "
                    f"(there are: {', '.join(known[:_SHOWN])}{more}): {effect}",
                )


RULE = Rule(
    id="unmatched-selector",
    title="selectors that no cluster can match",
    why="what it would generate or override is dead code that looks alive",
    todo="use a value that clusters have, or remove the selector's generator",
    check=check,
    needs_clusters=True,
)
