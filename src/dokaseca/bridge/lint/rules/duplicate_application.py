"""One name for two Applications."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import ApplicationSet, Facts, Generated
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    owners: dict[str, ApplicationSet] = {}
    for each in facts.sets:
        taken: dict[str, list[str]] = {}
        for name in dict.fromkeys(one.name for one in each.generated):
            owner = owners.setdefault(name, each)
            if owner is not each:
                taken.setdefault(owner.name, []).append(name)
        for other, names in taken.items():
            yield Finding(
                RULE.id,
                Severity.ERROR,
                each.name_place,
                f"{other}, {each.name}",
                f"ApplicationSets {other} ({owners[names[0]].name_place}) and {each.name} both generate {_some(names)}",
                "give one of them another name; most often both install one chart",
            )
        yield from _within(each)


def _within(each: ApplicationSet) -> Iterator[Finding]:
    by_name: dict[str, list[Generated]] = {}
    for one in each.generated:
        by_name.setdefault(one.name, []).append(one)
    for name, several in by_name.items():
        clusters = sorted({one.cluster for one in several})
        if len(several) > 1:
            yield Finding(
                RULE.id,
                Severity.ERROR,
                each.name_place,
                each.name,
                f"ApplicationSet {each.name} gives the name {name} to {len(several)} Applications as soon as "
                f"{', '.join(clusters)} are registered in one place",
                "put something into the name that tells them apart, such as the cluster's name; or select one cluster",
            )


def _some(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


RULE = Rule(
    id="duplicate-application",
    title="Applications that have one name",
    why="one of the two is never deployed: the second set is refused, and within one set Argo CD may refuse both",
    todo="make the names differ",
    check=check,
)
