"""A tree that remembers what it was asked, and can tell whether another tree would answer the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dokaseca.model.revision import Commit
from dokaseca.model.tree_budget import TreeBudget
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
        """What is asked from now on: mapping of path to the id found there, of path and a slash to the kind; both empty
        for nothing. What a folder that is only passed through holds besides does not matter."""
        self._asked = {}
        return self._asked

    def answers_like(self, asked: Mapping[str, str]) -> bool:
        """Whether everything is as in another tree that was asked."""
        return all(
            (self._kind(path[:-1]) if path.endswith("/") else self._id(path)) == answer
            for path, answer in asked.items()
        )

    def entry_or_none(self, path: str) -> Entry | None:
        found = self._found_or_none(path)
        self._asked[path] = found.id if found else ""
        return found

    def children(self, path: str) -> list[Entry]:
        self.entry_or_none(path)
        return list(self._listed(path).values())

    def walk(self, path: str) -> Iterator[Entry]:
        self.entry_or_none(path)  # its id covers everything below
        budget = TreeBudget(path, subject=path)
        listed = list(self._listed(path).values())
        budget.spend(path, len(listed), depth=0)
        stack = [(one, 1) for one in reversed(listed)]
        while stack:
            entry, depth = stack.pop()
            yield entry
            if entry.kind == "tree":
                listed = list(self._listed(entry.path).values())
                budget.spend(entry.path, len(listed), depth=depth)
                stack += [(one, depth + 1) for one in reversed(listed)]

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        self.entry_or_none(path)
        return self._tree.read(path, limit_bytes=limit_bytes)

    def resolve_link(self, path: str) -> str:
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            above = "/".join(parts[:count])
            kind = self._asked[f"{above}/"] = self._kind(above)
            if not kind:
                return path
            if kind == "link":
                self.entry_or_none(above)
                resolved = self._tree.resolve_link(path)
                return self.resolve_link(resolved)  # what the link leads to is asked for as well
        return path

    def _kind(self, path: str) -> str:
        found = self._found_or_none(path)
        return found.kind if found else ""

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
