"""Value files that cannot exist."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dokaseca.bridge.lint import near
from dokaseca.bridge.lint.facts import Facts, PathText
from dokaseca.bridge.lint.finding import Finding, Rule, Severity


def check(facts: Facts) -> Iterator[Finding]:
    for each in facts.sets:
        for path in each.paths:
            if not path.is_value_file or path.has_file is None:
                continue
            missing = _missing_folder_or_none(path)
            if missing is not None:
                yield _folder(path, missing)
            elif not path.is_optional:
                yield from _required(path)


def _missing_folder_or_none(path: PathText) -> str | None:
    """The first folder before any placeholder that the repository does not have."""
    literal = path.text.partition("{{")[0]
    folders = [part for part in literal.split("/")[:-1] if part]
    for count in range(1, len(folders) + 1):
        folder = "/".join(folders[:count])
        if path.children(folder) is None:
            return folder
    return None


def _folder(path: PathText, folder: str) -> Finding:
    parent, name = posixpath.split(folder)
    candidate = near.nearest_or_none(name, path.children(parent) or [])
    hint = f"; did you mean {posixpath.join(parent, candidate)}?" if candidate else ""
    return Finding(
        RULE.id,
        Severity.WARNING if path.is_optional else Severity.ERROR,
        path.place,
        folder,
        f"value file {path.text} can never exist: the repository has no folder {folder}{hint}",
    )


def _required(path: PathText) -> Iterator[Finding]:
    assert path.has_file is not None
    without = sorted(cluster for cluster, text in path.rendered.items() if not path.has_file(text))
    if without:
        yield Finding(
            RULE.id,
            Severity.ERROR,
            path.place,
            path.text,
            f"value file {path.rendered[without[0]]} does not exist, and ignoreMissingValueFiles is not set (for "
            f"{', '.join(without)})",
            "add the file, or set ignoreMissingValueFiles: true where a layer is optional",
        )


RULE = Rule(
    id="values-never-there",
    title="value files that can never exist",
    why="the layer never takes part, silently, because missing value files are ignored: what people write for a region "
    "or cluster has no effect",
    todo="correct the folder's name, or create the folder",
    check=check,
)
