"""A tree that remembers what it was asked, and can tell whether another tree would answer the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dokaseca.model.revision import Commit
from dokaseca.ports.git import Entry, Tree


@dataclass(slots=True)
class Known:
    """Listings by tree id and path: trees of one repository share those that are equal in them."""

    children: dict[tuple[str, str], dict[str, Entry]] = field(default_factory=dict)


class MemoTree:
    """`ports.git.Tree` over another: looking a path up costs what a dict costs.

    Args:
        known: shared by the trees of one repository.
    """

    def __init__(self, tree: Tree, known: Known) -> None:
        self._tree = tree
        self._known = known
        self._root = tree.entry_or_none("")
        self._entries: dict[str, Entry | None] = {"": self._root}
        self._asked: dict[str, str] = {}

    @property
    def commit(self) -> Commit:
        return self._tree.commit

    def start(self) -> dict[str, str]:
        """What is asked from now on: mapping of path to the id found there, empty for none."""
        self._asked = {}
        return self._asked

    def answers_like(self, asked: Mapping[str, str]) -> bool:
        """Whether every path has the id that another tree had there."""
        return all(self._id(path) == identity for path, identity in asked.items())

    def entry_or_none(self, path: str) -> Entry | None:
        found = self._found_or_none(path)
        self._asked[path] = found.id if found else ""
        return found

    def children(self, path: str) -> list[Entry]:
        self.entry_or_none(path)
        return list(self._listed(path).values())

    def walk(self, path: str) -> Iterator[Entry]:
        self.entry_or_none(path)  # its id covers everything below
        yield from self._tree.walk(path)

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        self.entry_or_none(path)
        return self._tree.read(path, limit_bytes=limit_bytes)

    def resolve_link(self, path: str) -> str:
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            entry = self.entry_or_none("/".join(parts[:count]))
            if entry is None:
                return path
            if entry.kind == "link":
                resolved = self._tree.resolve_link(path)
                self.resolve_link(resolved)  # what the link leads to is asked for as well
                return resolved
        return path

    def _id(self, path: str) -> str:
        found = self._found_or_none(path)
        return found.id if found else ""

    def _found_or_none(self, path: str) -> Entry | None:
        if path not in self._entries:
            above, _, _ = path.rpartition("/")
            self._entries[path] = self._listed(above).get(path)
        return self._entries[path]

    def _listed(self, path: str) -> dict[str, Entry]:
        entry = self._found_or_none(path)
        if entry is None or entry.kind != "tree":
            return {}
        key = (entry.id, path)
        if key not in self._known.children:
            self._known.children[key] = {one.path: one for one in self._tree.children(path)}
        return self._known.children[key]
