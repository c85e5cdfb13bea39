"""Placeholders that rendering leaves behind for reasons of their own."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.bridge.lint.facts import Facts
from dokaseca.bridge.lint.finding import Finding, Rule, Severity
from dokaseca.bridge.places import Place


def check(facts: Facts) -> Iterator[Finding]:
    for each in facts.sets:
        everyone = {one.cluster for one in each.generated}
        clusters: dict[tuple[str, Place], set[str]] = {}
        for leftover in each.leftovers:
            clusters.setdefault((leftover.text, leftover.place), set()).add(leftover.cluster)
        for (text, place), names in clusters.items():
            where = "" if names >= everyone else f" for {', '.join(sorted(names))}"
            yield Finding(
                RULE.id,
                Severity.ERROR,
                place,
                f"{each.name} {text}",
                f"{text} of ApplicationSet {each.name} is still there after rendering{where}",
            )


RULE = Rule(
    id="literal-placeholder",
    title="placeholders that are left literally in Applications",
    why="no parameter of that name exists, so the text goes to the cluster with its braces: a name, path or repository "
    "that cannot be",
    todo="correct the parameter's name, or define it: `values` of the generator, a label or an annotation",
    check=check,
)
