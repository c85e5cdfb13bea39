"""ApplicationSets and Applications in the files of a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dokaseca.kit import bounds, yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.ports.git import Entry, Tree
from dokaseca.wiring.offline.cluster_files import NAMESPACE
from dokaseca.wiring.offline.set_files import SetFile

_SUFFIXES = (".yaml", ".yml", ".json")
GROUP = b"argoproj.io/"  # a file without it holds neither
KINDS = ("Application", "ApplicationSet")


@dataclass(slots=True)
class Files:
    """Reads trees that share most of their files; `documents` is by the id of a file."""

    documents: dict[str, list[SetFile] | str] = field(default_factory=dict)

    def of_tree(self, tree: Tree, path: str, shown: Path, problems: list[str]) -> list[SetFile]:
        """Everything of these kinds at a path of a tree, none where there is no such path. Templates of charts are no
        YAML: files of charts are passed over.

        Args:
            shown: how the user calls the path.
            problems: gets files that cannot be read.
        """
        found: list[SetFile] = []
        for entry in _candidates(tree, path):
            file = str(shown / entry.path[len(path) :].lstrip("/"))
            key = f"{entry.id} {file}"
            if key not in self.documents:
                self.documents[key] = _read(tree, entry, file)
            read = self.documents[key]
            if isinstance(read, str):
                problems.append(read)
            else:
                found += read
        return found


def _candidates(tree: Tree, path: str) -> Iterator[Entry]:
    entry = tree.entry_or_none(path)
    if entry is None:
        return
    if entry.kind != "tree":
        yield entry
        return
    charts: list[str] = []
    for each in tree.walk(path):
        if any(each.path.startswith(chart) for chart in charts[-1:]):
            continue
        if each.kind == "tree" and tree.entry_or_none(f"{each.path}/Chart.yaml") is not None:
            charts.append(f"{each.path}/")
        elif each.kind == "blob" and each.path.endswith(_SUFFIXES):
            yield each


def _read(tree: Tree, entry: Entry, file: str) -> list[SetFile] | str:
    data = tree.read(entry.path, limit_bytes=bounds.YAML_DOCUMENT_BYTES)
    if GROUP not in data:
        return []
    try:
        documents = yaml_in.load_all(data, subject=file)
    except yaml_in.InvalidYAML as error:
        return str(error) if b"{{" not in data else []  # a template, as of a chart or of a scaffold
    return [
        SetFile(with_namespace(manifest), entry.path, file, document.line)
        for document in documents
        for manifest in _wanted(document.value)
    ]


def _wanted(value: Any) -> Iterator[Manifest]:
    if not isinstance(value, dict):
        return
    if is_wanted(value):
        yield value
    elif str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list):
        for item in value["items"]:
            yield from _wanted(item)


def is_wanted(manifest: Manifest) -> bool:
    """Whether it is an Application or ApplicationSet with a name."""
    is_kind = manifest.get("kind") in KINDS and str(manifest.get("apiVersion")).startswith("argoproj.io/")
    return is_kind and bool(manifests.name(manifest))


def with_namespace(manifest: Manifest, namespace: str = NAMESPACE) -> Manifest:
    """In a namespace unless it says another."""
    if manifests.namespace(manifest):
        return manifest
    return {**manifest, "metadata": {**manifests.metadata(manifest), "namespace": namespace}}
