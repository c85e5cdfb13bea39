"""ApplicationSets in the files of a folder or commit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dokaseca.kit import bounds, yaml_in
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.ports.git import Tree
from dokaseca.wiring.offline.cluster_files import NAMESPACE
from dokaseca.wiring.offline.folder_tree import FolderTree

_SUFFIXES = (".yaml", ".yml", ".json")
_MARK = b"ApplicationSet"  # a file without it holds none and is not read: a chart's templates are no YAML


@dataclass(frozen=True, slots=True)
class SetFile:
    """One ApplicationSet, and where it stands.

    Attributes:
        path: inside its tree.
        file: as the user knows it.
        line: where its document begins.
    """

    manifest: Manifest
    path: str
    file: str
    line: int

    @property
    def key(self) -> NamespacedName:
        return NamespacedName(manifests.namespace(self.manifest) or NAMESPACE, manifests.name(self.manifest))

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class SetFiles:
    """What was found.

    Attributes:
        problems: files that cannot be read, each with its place.
        taken_twice: ApplicationSets of a name that is taken, and what to say; they are not among `sets`.
    """

    sets: list[SetFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    taken_twice: list[tuple[SetFile, str]] = field(default_factory=list)

    def errors(self) -> list[str]:
        """All that is wrong, each with its place."""
        return [*self.problems, *(f"{one.place}: {message}" for one, message in self.taken_twice)]


def of_path(path: Path, *, keep: dict[str, str] | None = None) -> SetFiles:
    """The ApplicationSets of a file, or of everything below a folder.

    Args:
        keep: gets the text of every file that may hold one.

    Raises:
        UserError: there is no such path, or nothing in it.
    """
    if path.is_dir():
        return of_tree(FolderTree(path), "", shown=str(path), keep=keep)
    if not path.exists():
        raise UserError(f"there is no file or folder {path}", reason="FileNotReadable")
    file = path.resolve() if path.is_symlink() else path
    return of_tree(FolderTree(file.absolute().parent), file.name, shown=str(file.parent), keep=keep)


def of_tree(tree: Tree, path: str, *, shown: str, keep: dict[str, str] | None = None) -> SetFiles:
    """The ApplicationSets at a path of a tree.

    Args:
        path: a file or folder of the tree, "" is its root.
        shown: what stands before a path of the tree when it is shown; the root's name for the user.
        keep: as of `of_path`.

    Raises:
        UserError: there is no such path, or nothing in it.
    """
    found = SetFiles()
    for each in _candidates(tree, path, shown):
        data = tree.read(each, limit_bytes=bounds.YAML_DOCUMENT_BYTES)
        if _MARK not in data:
            continue
        if keep is not None:
            keep[_joined(shown, each)] = data.decode("utf-8-sig", errors="replace")
        _add(found, each, _joined(shown, each), data)
    if not found.sets and not found.problems:
        raise UserError(
            f"{_joined(shown, path)} holds no ApplicationSet: looked for documents with kind: ApplicationSet in "
            f"{', '.join('*' + suffix for suffix in _SUFFIXES)}",
            reason="NoApplicationSets",
        )
    _refuse_twice(found)
    return found


def _candidates(tree: Tree, path: str, shown: str) -> Iterator[str]:
    entry = tree.entry_or_none(path)
    if entry is None:
        raise UserError(f"there is no file or folder {_joined(shown, path)}", reason="FileNotReadable")
    if entry.kind != "tree":
        yield path
        return
    for each in tree.walk(path):
        if each.kind == "blob" and each.path.endswith(_SUFFIXES):
            yield each.path


def _add(found: SetFiles, path: str, file: str, data: bytes) -> None:
    try:
        documents = yaml_in.load_all(data, subject=file)
    except yaml_in.InvalidYAML as error:
        found.problems.append(str(error))
        return
    for document in documents:
        for manifest in _application_sets(document.value):
            if manifests.name(manifest):
                found.sets.append(SetFile(_with_namespace(manifest), path, file, document.line))
            else:
                found.problems.append(f"{file}:{document.line}: an ApplicationSet has no metadata.name")


def _application_sets(value: Any) -> Iterator[Manifest]:
    if not isinstance(value, dict):
        return
    if value.get("kind") == application_sets.GVK.kind and str(value.get("apiVersion")).startswith("argoproj.io/"):
        yield value
    elif str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list):
        for item in value["items"]:
            yield from _application_sets(item)


def _with_namespace(manifest: Manifest) -> Manifest:
    """In Argo CD's namespace unless it says another."""
    if manifests.namespace(manifest):
        return manifest
    return {**manifest, "metadata": {**manifests.metadata(manifest), "namespace": NAMESPACE}}


def _refuse_twice(found: SetFiles) -> None:
    """Of two with one name, whoever is applied last replaces the other: say so, and go on with the first."""
    first: dict[NamespacedName, SetFile] = {}
    for each in found.sets:
        if each.key in first:
            message = (
                f"ApplicationSet {each.key} is in {first[each.key].place} too; rename one: the one that is applied "
                "last replaces the other"
            )
            found.taken_twice.append((each, message))
        first.setdefault(each.key, each)
    found.sets = list(first.values())


def _joined(shown: str, path: str) -> str:
    return str(Path(shown) / path)
