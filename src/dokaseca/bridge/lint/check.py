"""All rules, and running them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dokaseca.bridge.lint.facts import Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity
from dokaseca.bridge.lint.rules import (
    annotation_never_set,
    double_slash,
    duplicate_application,
    duplicate_set,
    environment_base,
    flag_without_set,
    label_never_set,
    literal_placeholder,
    near_miss,
    selector_without_flag,
    unmatched_selector,
    values_never_there,
    version_ahead,
    version_behind,
    vocabulary,
)

RULES: Final[tuple[Rule, ...]] = (  # what matters most first
    duplicate_set.RULE,
    duplicate_application.RULE,
    near_miss.RULE,
    literal_placeholder.RULE,
    annotation_never_set.RULE,
    label_never_set.RULE,
    vocabulary.RULE,
    unmatched_selector.RULE,
    values_never_there.RULE,
    version_ahead.RULE,
    selector_without_flag.RULE,
    flag_without_set.RULE,
    environment_base.RULE,
    double_slash.RULE,
    version_behind.RULE,
)
BY_ID: Final = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule about one subject, by place; the worst severity counts."""

    rule: Rule
    subject: str
    severity: Severity
    findings: tuple[Finding, ...]

    @property
    def places_count(self) -> int:
        return sum(one.places_count for one in self.findings)


def run(facts: Facts, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """Every finding, each once, in the order of the rules and then of the files. Without clusters, rules that need
    some are left out."""
    found: list[Finding] = []
    for rule in rules:
        if facts.clusters or not rule.needs_clusters:
            found += sorted(dict.fromkeys(rule.check(facts)), key=lambda one: (one.place, one.subject, one.what))
    return found


def groups(findings: Sequence[Finding]) -> list[Group]:
    """The findings, put together by matter: worst first, then in the order of the rules, then by how many places."""
    by_matter: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        by_matter.setdefault((finding.rule, finding.subject), []).append(finding)
    order = {rule.id: number for number, rule in enumerate(RULES)}
    found = [
        Group(BY_ID[rule], subject, max(one.severity for one in several), tuple(several))
        for (rule, subject), several in by_matter.items()
    ]
    return sorted(found, key=lambda one: (-one.severity, order[one.rule.id], -one.places_count, one.subject))
