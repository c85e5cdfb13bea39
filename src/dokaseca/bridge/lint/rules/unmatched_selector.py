"""Selectors that ask for a value that no cluster can have."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import FLAG, Facts, Requirement
from dokaseca.bridge.lint.finding import Finding, Rule, Severity

_SHOWN = 8


def check(facts: Facts) -> Iterator[Finding]:
    for each in facts.sets:
        for selector in each.selectors:
            for requirement in selector.requirements:
                problem = _problem(requirement, facts)
                if problem:
                    effect = "the override never applies" if selector.is_override else "nothing is ever generated"
                    yield Finding(
                        RULE.id,
                        Severity.WARNING if selector.is_override else Severity.ERROR,
                        requirement.place,
                        f"{requirement.key}={', '.join(sorted(requirement.values)) or requirement.operator}",
                        f"ApplicationSet {each.name} {problem}: {effect}",
                    )


def _problem(requirement: Requirement, facts: Facts) -> str:
    """Why no cluster can meet a condition, empty where one can. Flags have rules of their own, and so have labels that
    no cluster has."""
    key, possible = requirement.key, facts.values_of(requirement.key)
    if key.startswith(FLAG) or not possible:
        return ""
    words = ", ".join(sorted(requirement.values))
    is_everywhere = all(key in cluster.labels for cluster in facts.clusters)
    if requirement.operator == "In" and not requirement.values & possible:
        return f"wants {key} to be {words}, which no cluster can have (there are: {_some(possible)})"
    if requirement.operator == "NotIn" and is_everywhere and possible <= requirement.values:
        return f"wants {key} to be none of {words}, and every cluster has one of these"
    if requirement.operator == "DoesNotExist" and is_everywhere:
        return f"wants clusters without label {key}, and every cluster has it"
    return ""


def _some(values: frozenset[str]) -> str:
    known = sorted(values)
    return ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")


RULE = Rule(
    id="unmatched-selector",
    title="selectors that no cluster can match",
    why="what it would generate or override is dead code that looks alive",
    todo="use a value that clusters have, or remove the selector's generator",
    check=check,
    needs_clusters=True,
)
