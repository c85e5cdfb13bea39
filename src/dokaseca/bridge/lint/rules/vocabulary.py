"""Two vocabularies for one thing: clusters say europe, the repository has a folder eu."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dokaseca.bridge.lint.facts import Facts, PathText
from dokaseca.bridge.lint.finding import Finding, Rule, Severity
from dokaseca.bridge.places import Place

_LABEL = re.compile(r"\{\{-?\s*\.?metadata\.labels\.([A-Za-z0-9_]+)\s*-?\}\}")
_NAME = re.compile(r"\{\{-?\s*\.?name\s*-?\}\}")
_CLUSTER = "cluster_name"


def check(facts: Facts) -> Iterator[Finding]:
    literal = _literal_folders(facts)
    seen: set[tuple[str, str]] = set()
    for each in facts.sets:
        for path in each.paths:
            for folder, label in _layers(path):
                names = path.children(folder) if path.has_file is not None else None
                if names is None or (folder, label) in seen:
                    continue
                seen.add((folder, label))
                written = {one for one in names if not one.startswith(".")} - literal.get(folder, set())
                yield from _compare(facts, folder, label, frozenset(written), path.place)


def _layers(path: PathText) -> Iterator[tuple[str, str]]:
    """(folder, label) of each segment that is a label and nothing else, as long as what is before it is literal."""
    before: list[str] = []
    for segment in path.text.split("/"):
        label = _LABEL.fullmatch(segment)
        if label or _NAME.fullmatch(segment):
            yield "/".join(before), label[1] if label else _CLUSTER
        if "{{" in segment:
            return
        if segment:
            before.append(segment)


def _literal_folders(facts: Facts) -> dict[str, set[str]]:
    """Folder to the children that some path names in so many words: `environments/default` is no environment."""
    found: dict[str, set[str]] = {}
    for each in facts.sets:
        for path in each.paths:
            segments = [one for one in path.text.partition("{{")[0].split("/")[:-1] if one]
            for count, segment in enumerate(segments):
                found.setdefault("/".join(segments[:count]), set()).add(segment)
    return found


def _compare(facts: Facts, folder: str, label: str, written: frozenset[str], place: Place) -> Iterator[Finding]:
    possible = facts.values_of(label)
    dead = written - possible
    if not possible or not dead:
        return
    is_disjoint = not written & possible
    missing = f"; no folder is there for {_list(possible - written)}" if possible - written else ""
    what = "cluster" if label == _CLUSTER else label
    yield Finding(
        RULE.id,
        Severity.ERROR if is_disjoint else Severity.WARNING,
        place,
        f"{label} in {folder}",
        f"{folder} has {_list(dead)}, and no {what} is called that (clusters say: {_list(possible)}){missing}",
        "rename the folders to what clusters say, or the other way round" if is_disjoint else "",
    )


def _list(names: frozenset[str]) -> str:
    some = sorted(names)
    return ", ".join(some[:8]) + (f" and {len(some) - 8} more" if len(some) > 8 else "")


RULE = Rule(
    id="vocabulary",
    title="vocabularies that differ between clusters and repository",
    why="the layer of a region, environment or cluster applies to nobody, because the two call it differently",
    todo="agree on one vocabulary; write it down where clusters are described",
    check=check,
    needs_clusters=True,
)
