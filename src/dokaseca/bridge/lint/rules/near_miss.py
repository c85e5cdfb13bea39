"""Two spellings of one name: one side reads what the other side never writes."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint import near
from dokaseca.bridge.lint.facts import BASE_LABELS, FLAG, Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity
from dokaseca.bridge.places import Place

_ALIKE = 0.999  # of a candidate that somebody reads already: then only another spelling of the same is meant


def pairs(facts: Facts) -> dict[str, str]:
    """Label that is read and never set, to the label that is set and was probably meant."""
    unset = facts.read_labels() - facts.labels() - BASE_LABELS
    unread = {name for name in facts.labels() if name not in facts.read_labels()} - BASE_LABELS
    found: dict[str, str] = {}
    for name in sorted(unset):
        candidate = near.nearest_or_none(name, _of_kind(name, unread))
        if candidate is None:
            candidate = near.nearest_or_none(name, facts.labels() - BASE_LABELS)
            if candidate is not None and near.likeness(name, candidate) < _ALIKE:
                candidate = None
        if candidate is not None:
            found[name] = candidate
    return found


def _of_kind(name: str, candidates: set[str]) -> list[str]:
    """Flags for a flag, other labels for another."""
    return [one for one in candidates if one.startswith(FLAG) == name.startswith(FLAG)]


def first_readers(facts: Facts) -> dict[str, list[Place]]:
    """Label to every place that selects on it or reads it, in the order of the files."""
    found: dict[str, list[Place]] = {}
    for each in facts.sets:
        for requirement in each.requirements():
            found.setdefault(requirement.key, []).append(requirement.place)
        for reference in each.references:
            if reference.kind == "label":
                found.setdefault(reference.name, []).append(reference.place)
    return {name: sorted(set(places)) for name, places in found.items()}


def check(facts: Facts) -> Iterator[Finding]:
    readers, flags = first_readers(facts), facts.flags()
    for name, candidate in pairs(facts).items():
        places = readers[name]
        at = flags.get(candidate) or next(
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
