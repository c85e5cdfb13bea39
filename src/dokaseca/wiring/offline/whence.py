"""Who gave a parameter, and where that is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dokaseca.generate import params as parameters
from dokaseca.generate import references
from dokaseca.generate.trace import Part
from dokaseca.wiring.offline.cluster_files import Clusters, Registered
from dokaseca.wiring.offline.marked_sets import MarkedSet

_OF_CLUSTER = ("name", "nameNormalized", "server", "project")


class Whence:
    """Answers for one Application.

    Args:
        parts: of its parameters, later ones over earlier ones.
    """

    def __init__(self, each: MarkedSet, parts: Sequence[Part], clusters: Clusters | None) -> None:
        self._set = each
        self._parts = [(part, parameters.flatten(part.params)) for part in parts]
        self._clusters = clusters or Clusters()

    @staticmethod
    def is_innate(name: str) -> bool:
        """Whether every cluster, or every path, has a parameter of that name."""
        return name in _OF_CLUSTER or name.startswith(("metadata.", "path.", "path["))

    def giver_or_none(self, name: str) -> Part | None:
        """The last generator that gave a parameter, or something below it."""
        for part, flat in reversed(self._parts):
            if name in flat or any(each.startswith(f"{name}.") for each in flat):
                return part
        return None

    def of(self, name: str) -> str:
        """In words, with file and line where it has one."""
        part = self.giver_or_none(name)
        if part is None:
            return "of the generators"
        told = {"clusters": self._of_clusters, "list": self._of_list, "git": self._of_git}.get(part.kind)
        return told(part, name) if told else self._generator(part)

    def _generator(self, part: Part) -> str:
        return f"{part.kind} generator ({self._set.place(*part.path)})"

    def _values(self, part: Part, name: str) -> str | None:
        """A parameter that the generator's own `values` define, with its template where it is one."""
        key = name.removeprefix("values.")
        values = part.spec.get("values")
        if key == name or not isinstance(values, dict) or key not in values:
            return None
        text = f", from {values[key]}" if "{{" in str(values[key]) else ""
        return f"values of the {part.kind} generator ({self._set.place(*part.path, 'values', key)}){text}"

    def _of_clusters(self, part: Part, name: str) -> str:
        own = self._values(part, name)
        if own is not None:
            return own
        cluster = self._cluster_or_none(part.params)
        if cluster is None:
            return f"the local cluster ({self._set.place(*part.path)})"
        for prefix, word in ((references.LABELS, "label"), (references.ANNOTATIONS, "annotation")):
            if name.startswith(prefix):
                place = cluster.places.get(name.removeprefix(prefix), cluster.file)
                return f"{word} of cluster {cluster.name} ({place})"
        return f"cluster {cluster.name} ({cluster.file})"

    def _cluster_or_none(self, params: Mapping[str, Any]) -> Registered | None:
        found = [one for one in self._clusters.registered if one.name == params.get("name")]
        return found[-1] if found else None

    def _of_list(self, part: Part, name: str) -> str:
        elements = part.spec.get("elements")
        for number, element in enumerate(elements if isinstance(elements, list) else ()):
            if isinstance(element, dict) and parameters.flatten(element) == parameters.flatten(part.params):
                place = self._set.place(*part.path, "elements", number, name.partition(".")[0])
                return f"element {number} of the list generator ({place})"
        return self._generator(part)

    def _of_git(self, part: Part, name: str) -> str:
        own = self._values(part, name)
        if own is not None:
            return own
        place, repository = _git_path(part.params), part.spec.get("repoURL")
        if name.partition(".")[0].partition("[")[0] == "path" or ".path" in name:
            return f"the path {place} in {repository}"
        return f"{place} in {repository}"


def _git_path(params: Mapping[str, Any]) -> str:
    """The file or folder that a parameter set was made of, whatever prefix it has."""
    flat = parameters.flatten(params)
    for name, value in flat.items():
        if name in ("path", "path.path") or name.endswith((".path", ".path.path")):
            filename = flat.get(f"{name.removesuffix('.path')}.filename") or flat.get(f"{name}.filename")
            return f"{value}/{filename}" if filename else value
    return "a path"
