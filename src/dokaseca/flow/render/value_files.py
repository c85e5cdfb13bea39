"""The value files of a Helm source: where they lie, in which order they count (Argo CD: B2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.flow.render import chart_archive, environment, files, request
from dokaseca.flow.render.request import RenderRequest, ResolvedSource
from dokaseca.kit import globs, yaml_in
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.ports.git import Tree

VALUES_BYTES = 4 * 1024 * 1024
GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Located:
    """A file: in a Git tree, or (None) in the packed chart; `shown` is how its author wrote it."""

    tree: Tree | None
    path: str
    shown: str

    @property
    def identity(self) -> str:
        """Changes when the content does; a file of a packed chart changes with the chart."""
        entry = files.resolved_or_none(self.tree, self.path) if self.tree is not None else None
        return entry.id if entry else ""


def listed(source: ResolvedSource, helm: Mapping[str, Any], around: RenderRequest) -> list[Located]:
    """The value files in the order in which they are laid over each other.

    A glob stands for its matches in lexical order, without those that are listed by name: these keep their place.

    Raises:
        UserError: a file is missing and `ignoreMissingValueFiles` is off, or it lies outside its repository.
    """
    wanted = [locate(str(one), source, around) for one in helm.get("valueFiles") or ()]
    named = {_key(one) for one in wanted if not _is_glob(one.path)}
    found: list[Located] = []
    for one in wanted:
        if _is_glob(one.path):
            known = named | {_key(other) for other in found}
            found += [match for match in _expanded(one, source) if _key(match) not in known]
        elif one.tree is None or _is_there(one):
            found.append(one)
        elif not helm.get("ignoreMissingValueFiles"):
            raise missing(one, source)
    return found


def locate(written: str, source: ResolvedSource, around: RenderRequest) -> Located:
    """Where a value file or file parameter lies, the build environment put in.

    Raises:
        UserError: reasons InvalidSpecError, UnsupportedSource, PathEscapes.
    """
    build = around.environment(source)
    first, slash, rest = written.partition("/")
    is_ref = first.startswith("$") and slash != "" and first[1:] not in build and not first.startswith(("$$", "${"))
    if is_ref:
        path = environment.substituted(rest, build)
        return Located(_ref(first, written, source, around), request.jailed(path, subject=source.subject), written)
    text = environment.substituted(written, build)
    if "://" in text:
        raise UserError(
            f"value file {text} is a URL; put it into a repository and refer to it by $ref",
            reason="UnsupportedSource",
            subject=source.subject,
        )
    base = "" if source.tree is None else str(source.spec.get("path") or "")
    return Located(source.tree, request.jailed(base, text, subject=source.subject), text)


def read(one: Located, source: ResolvedSource, archive: bytes | None) -> bytes | None:
    """The content, None when a packed chart has no such file.

    Raises:
        UserError: it is missing from Git, or too large.
    """
    if one.tree is None:
        packed = archive or b""
        return chart_archive.file_or_none(packed, one.path, limit_bytes=VALUES_BYTES, subject=source.subject)
    try:
        return one.tree.read(one.path, limit_bytes=VALUES_BYTES)
    except NotFoundError as error:
        raise missing(one, source) from error


def parse(text: bytes | str, subject: str) -> list[dict[str, Any]]:
    """The mappings of a values text, one per document: Helm lays them over each other in order.

    Raises:
        UserError: reason InvalidValues, with file, line and column.
    """
    try:
        documents = yaml_in.load_all(text, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise UserError(
            error.message, reason="InvalidValues", subject=f"{subject}:{error.line}:{error.column}"
        ) from error
    for one in documents:
        if not isinstance(one.value, dict):
            raise UserError("values must be a mapping", reason="InvalidValues", subject=f"{subject}:{one.line}")
    return [one.value for one in documents]


def _ref(name: str, written: str, source: ResolvedSource, around: RenderRequest) -> Tree:
    ref = around.refs().get(name)
    if ref is None or ref.tree is None:
        raise UserError(
            f"value file {written} names {name}, but no Git source has ref {name[1:]!r}",
            reason="InvalidSpecError",
            subject=source.subject,
        )
    return ref.tree


def _expanded(one: Located, source: ResolvedSource) -> list[Located]:
    if one.tree is None:
        raise UserError(
            f"value file {one.shown} is a pattern; the files of a packed chart are listed by name",
            reason="UnsupportedSource",
            subject=source.subject,
        )
    start = min(one.path.index(char) for char in GLOB_CHARACTERS if char in one.path)
    root = one.path[:start].rpartition("/")[0]
    pattern = one.path.replace("**/", "{,**/}")  # ** stands for no folder too
    return [
        Located(one.tree, entry.path, entry.path)
        for entry in one.tree.walk(root)
        if entry.kind in ("blob", "link") and globs.matches(pattern, entry.path, separator="/")
    ]


def _is_there(one: Located) -> bool:
    entry = files.resolved_or_none(one.tree, one.path) if one.tree is not None else None
    return entry is not None and entry.kind == "blob"


def _key(one: Located) -> tuple[int, str]:
    return id(one.tree), one.path


def _is_glob(path: str) -> bool:
    return any(char in path for char in GLOB_CHARACTERS)


def missing(one: Located, source: ResolvedSource) -> UserError:
    """The error of a value file that is not there."""
    return UserError(
        f"value file {one.shown} does not exist; add it, or set helm.ignoreMissingValueFiles",
        reason="PathNotFound",
        subject=source.subject,
    )
