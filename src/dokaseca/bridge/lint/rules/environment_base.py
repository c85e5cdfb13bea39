"""Environments that get whatever the base says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dokaseca.bridge.lint.facts import ENVIRONMENT_LABELS, ApplicationSet, Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    environments = {one.environment for one in facts.clusters if not one.is_hub and one.environment}
    for each in facts.sets:
        covered = _covered(each)
        if not covered:
            continue
        for environment in sorted(environments - covered, key=_order(facts)):
            versions = sorted(
                {
                    version
                    for one in each.generated
                    if one.environment == environment
                    for version in one.versions.values()
                }
            )
            gets = f" and gets {', '.join(versions)} of the base" if versions else ""
            yield Finding(
                RULE.id,
                Severity.WARNING,
                each.version_place,
                environment,
                f"ApplicationSet {each.name} says what {_words(covered)} get; {environment} has no entry{gets}",
                f"add an override for {environment}, so that the base can change without changing it",
            )


def _covered(each: ApplicationSet) -> frozenset[str]:
    """The environments that overrides name."""
    return frozenset(
        value
        for selector in each.selectors
        if selector.is_override
        for requirement in selector.requirements
        if requirement.key in ENVIRONMENT_LABELS and requirement.operator == "In"
        for value in requirement.values
    )


def _order(facts: Facts) -> Callable[[str], tuple[int, str]]:
    known = {name: number for number, name in enumerate(facts.environments)}
    return lambda name: (known.get(name, len(known)), name)


def _words(names: frozenset[str]) -> str:
    some = sorted(names)
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} and {some[-1]}"


RULE = Rule(
    id="environment-falls-to-base",
    title="environments that fall through to the base",
    why="the base is what everybody without an entry gets: a change made for one reaches the others in the same commit",
    todo="write an override for every environment",
    check=check,
    needs_clusters=True,
)
