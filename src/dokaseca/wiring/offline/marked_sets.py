"""ApplicationSets with the line of each of their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dokaseca.bridge.places import Place
from dokaseca.kit import yaml_in
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.offline import set_files
from dokaseca.wiring.offline.set_files import SetFile


@dataclass(frozen=True, slots=True)
class MarkedSet:
    """One ApplicationSet; `marks` is empty where its file is a list of objects."""

    source: SetFile
    marks: yaml_in.Marks

    @property
    def manifest(self) -> Manifest:
        return self.source.manifest

    def place(self, *path: str | int) -> Place:
        """Where a value stands, or what is nearest around it."""
        while path and path not in self.marks:
            path = path[:-1]
        return Place(self.source.file, self.marks.get(path, (self.source.line, 1))[0])


@dataclass(slots=True)
class MarkedSets:
    """What was found.

    Attributes:
        texts: content by file.
        taken_twice: where an ApplicationSet has a name that another one has, and what to say.
    """

    sets: list[MarkedSet] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    taken_twice: list[tuple[Place, str]] = field(default_factory=list)


def read(paths: Sequence[Path]) -> MarkedSets:
    """The ApplicationSets of files and folders.

    Raises:
        UserError: there is no such path, or nothing in it.
    """
    found = MarkedSets()
    for path in paths:
        files = set_files.of_path(path, keep=found.texts)
        found.problems += files.problems
        found.taken_twice += [(Place(each.file, each.line), message) for each, message in files.taken_twice]
        found.sets += with_marks(files.sets, found.texts)
    return found


def with_marks(sets: Iterable[SetFile], texts: Mapping[str, str]) -> list[MarkedSet]:
    """ApplicationSets with the places of their values in the texts of their files."""
    by_file: dict[str, dict[int, yaml_in.Marks]] = {}
    marked = []
    for each in sets:
        if each.file not in by_file:
            by_file[each.file] = {
                document.line: marks
                for document, marks in yaml_in.load_all_with_marks(texts[each.file], subject=each.file)
                if isinstance(document.value, dict) and document.value.get("kind") == "ApplicationSet"
            }
        marked.append(MarkedSet(each, by_file[each.file].get(each.line, {})))
    return marked
