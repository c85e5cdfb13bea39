"""Addons that nobody can switch on."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import BASE_LABELS, FLAG, Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    known = facts.labels | BASE_LABELS
    for each in facts.sets:
        for requirement in each.requirements():
            if requirement.key.startswith(FLAG) and requirement.key not in known:
                yield Finding(
                    RULE.id,
                    Severity.WARNING,
                    requirement.place,
                    requirement.key,
                    f"ApplicationSet {each.name} selects on {requirement.key}, which no cluster sets"
                    f"{facts.hint(requirement.key)}",
                )


RULE = Rule(
    id="selector-without-flag",
    title="flags that ApplicationSets select on and no cluster sets",
    why="the addon can be on in no cluster, and nothing tells why",
    todo="add the flag to the clusters' files (with false, where it is not wanted), or remove the ApplicationSet",
    check=check,
    needs_clusters=True,
)
