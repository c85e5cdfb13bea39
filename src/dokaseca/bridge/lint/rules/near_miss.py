"""Two spellings of one name: one side reads what the other side never writes."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    for name, candidate in facts.meant.items():
        places = facts.label_readers[name]
        at = facts.flags.get(candidate) or next(
            (one.places[candidate] for one in facts.clusters if candidate in one.places), None
        )
        where = f" ({at})" if at is not None else ""
        yield Finding(
            RULE.id,
            Severity.ERROR,
            places[0],
            name,
            f"label {name} is read in {len(places)} {'place' if len(places) == 1 else 'places'} and never set; "
            f"clusters set {candidate}{where}",
            f"write {candidate} here, or {name} there",
            len(places),
        )


RULE = Rule(
    id="near-miss",
    title="labels that are read under one name and set under another",
    why="the selector never matches, or the template keeps its placeholder, although somebody has switched it on",
    todo="agree on one spelling",
    check=check,
    needs_clusters=True,
)
