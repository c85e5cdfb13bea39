"""Which ApplicationSets a changed cluster Secret can matter to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dokaseca.generate import label_selector
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

_DEPTH = 4  # top level, matrix or merge, one nested; one more for what is refused later


def can_wake(application_set: Manifest, before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> bool:
    """Whether a cluster generator of `application_set`, at any depth, selects the Secret's labels before or after.

    Args:
        before: the labels until now, None for a new Secret.
        after: the labels from now on, None for a deleted Secret.

    A selector that cannot be judged (templated by a matrix, or broken) counts as matching, and so does an empty one:
    it decides whether the local cluster is there without a Secret.
    """
    generators = manifests.get(application_set, "spec", "generators", default=[])
    states = [labels for labels in (before, after) if labels is not None]
    return any(_may_match(selector, states) for selector in cluster_selectors(generators))


def cluster_selectors(generators: Any, depth: int = 0) -> Iterator[Any]:
    """The `selector` of each clusters generator, and an empty one for each clusterDecisionResource."""
    if not isinstance(generators, list) or depth > _DEPTH:
        return
    for entry in generators:
        if not isinstance(entry, dict):
            continue
        if entry.get("clusters") is not None:
            yield manifests.get(entry, "clusters", "selector", default={})
        if entry.get("clusterDecisionResource") is not None:
            yield {}
        for kind in ("matrix", "merge"):
            yield from cluster_selectors(manifests.get(entry, kind, "generators"), depth + 1)


def repositories(generators: Any, depth: int = 0) -> Iterator[str]:
    """The `repoURL` of each git generator at any depth, as written (a matrix may have templated it)."""
    if not isinstance(generators, list) or depth > _DEPTH:
        return
    for entry in generators:
        if not isinstance(entry, dict):
            continue
        url = manifests.get(entry, "git", "repoURL")
        if isinstance(url, str):
            yield url
        for kind in ("matrix", "merge"):
            yield from repositories(manifests.get(entry, kind, "generators"), depth + 1)


def _may_match(selector: Any, states: list[Mapping[str, str]]) -> bool:
    if "{{" in str(selector):
        return True
    try:
        parsed = label_selector.parse(selector)
    except UserError:
        return True
    return any(parsed.matches(labels) for labels in states)
