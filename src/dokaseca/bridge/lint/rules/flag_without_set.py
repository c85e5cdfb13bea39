"""Flags that switch nothing."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import FLAG, Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    if not any(name.startswith(FLAG) for name in facts.label_readers):
        return  # bootstrap ApplicationSets alone: those that flags are for are not among the input
    meant = {candidate: name for name, candidate in facts.meant.items()}
    for flag, place in sorted(facts.flags.items(), key=lambda one: (one[1], one[0])):
        if flag in facts.label_readers:
            continue
        is_on = sorted({one.name for one in facts.clusters if one.labels.get(flag) == "true"})
        state = f"; it is on for {', '.join(is_on)}" if is_on else ""
        hint = f"; did you mean {meant[flag]}?" if flag in meant else ""
        yield Finding(
            RULE.id,
            Severity.WARNING,
            place,
            flag,
            f"{flag} is set and no ApplicationSet selects on it or reads it{state}{hint}",
        )


RULE = Rule(
    id="flag-without-set",
    title="flags that clusters set and no ApplicationSet reads",
    why="whoever sets it to true gets nothing, and no error",
    todo="add the ApplicationSet, or remove the flag",
    check=check,
    needs_clusters=True,
)
