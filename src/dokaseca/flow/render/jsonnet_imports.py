"""The files that jsonnet programs import, found without evaluating them: an import names its file in plain. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from dokaseca.flow.render import files
from dokaseca.kit import bounds, paths
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Entry, Tree

_IMPORT = re.compile(rb"""\bimport(str|bin)?\s*@?(?:"([^"\n]*)"|'([^'\n]*)')""")
FILES = 5_000  # the largest libraries have some hundreds


def reached(tree: Tree, programs: Iterable[str], libraries: Sequence[str], *, subject: str) -> dict[str, Entry]:
    """Every file that evaluating `programs` may read, by the path under which it is imported.

    An import is looked for beside the file that has it, then in the libraries. One that is found nowhere is left out:
    evaluating tells where it stands.

    Raises:
        UserError: more than `FILES` files, or a symlink that leaves the repository.
    """
    found: dict[str, Entry] = {}
    scanned: set[str] = set()
    todo = list(programs)
    while todo:
        path = todo.pop()
        entry = _file_or_none(tree, path)
        if path in scanned or entry is None:
            continue
        scanned.add(path)
        found[path] = entry
        if len(found) > FILES:
            raise UserError(f"jsonnet imports more than {FILES} files", reason="TooLarge", subject=subject)
        content = tree.read(entry.path, limit_bytes=bounds.DIRECTORY_SOURCE_BYTES)
        for match in _IMPORT.finditer(content):
            name = (match[2] or match[3] or b"").decode(errors="replace")
            where = _where_or_none(tree, name, (posixpath.dirname(path), *libraries))
            if where is None:
                continue
            if match[1]:
                found[where[0]] = where[1]  # text or bytes: it imports nothing itself
            else:
                todo.append(where[0])
    return found


def _where_or_none(tree: Tree, name: str, bases: Sequence[str]) -> tuple[str, Entry] | None:
    for base in bases:
        try:
            path = paths.join(base, name)
        except paths.EscapesJail:
            continue
        entry = _file_or_none(tree, path)
        if entry is not None:
            return path, entry
    return None


def _file_or_none(tree: Tree, path: str) -> Entry | None:
    entry = files.resolved_or_none(tree, path)
    return entry if entry is not None and entry.kind == "blob" else None
