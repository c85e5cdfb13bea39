"""Labels that templates and selectors read and no cluster has. Flags have a rule of their own."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import BASE_LABELS, FLAG, Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    known = facts.labels | BASE_LABELS
    for each in facts.sets:
        for reference in each.references:
            if reference.kind == "label" and reference.name not in known:
                yield Finding(
                    RULE.id,
                    Severity.WARNING if reference.is_optional else Severity.ERROR,
                    reference.place,
                    reference.name,
                    f"{reference.text} reads label {reference.name}, which no cluster sets{facts.hint(reference.name)}",
                )
        for requirement in each.requirements():
            if requirement.key not in known and not requirement.key.startswith(FLAG):
                yield Finding(
                    RULE.id,
                    Severity.ERROR,
                    requirement.place,
                    requirement.key,
                    f"ApplicationSet {each.name} selects on label {requirement.key}, which no cluster sets"
                    f"{facts.hint(requirement.key)}",
                )


RULE = Rule(
    id="label-never-set",
    title="labels that are read and never set",
    why="the placeholder stays as it is written (or becomes <no value>), and the selector matches no cluster",
    todo="set the label in the clusters' files, or read one that is set",
    check=check,
    needs_clusters=True,
)
