"""The git generator: directories or files of a repository."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from dokaseca.generate import globs, params, yaml_text
from dokaseca.generate.generators import context, forge_fields
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates import slug
from dokaseca.generate.templates.engine import Params
from dokaseca.generate.templates.gotemplate.values import Strings
from dokaseca.kit import bounds, redact
from dokaseca.model.errors import UserError
from dokaseca.model.tree_budget import TreeBudget
from dokaseca.ports.git import Entry, Tree

_FIELDS: Final = (
    *("repoURL", "revision", "directories", "files", "pathParamPrefix"),
    *("requeueAfterSeconds", "template", "values"),
)
_ENTRY_FIELDS: Final = ("exclude", "path")
_MIN_REQUEUE_SECONDS = 1.0  # Argo CD: 1s to 8760h
_WILD = frozenset("*?[\\")
_FILE_BYTES = bounds.TEMPLATE_OUTPUT_BYTES  # a file of parameters is small; a larger one is no parameter file


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Includes minus excludes, whatever their order."""

    include: tuple[globs.Matcher, ...]
    exclude: tuple[globs.Matcher, ...]

    def match(self, path: str) -> bool:
        return any(hit(path) for hit in self.include) and not any(hit(path) for hit in self.exclude)


async def generate(spec: dict[str, Any], around: Context) -> list[Params]:
    """One set for each matching directory, or for each object in the matching files, sorted by path.

    Raises:
        UserError: neither `directories` nor `files`, a bad pattern, a file that is no parameter file; and whatever the
            tree function raises.
    """
    forge_fields.known(spec, _FIELDS, "git generator")
    url = context.text_field(spec, "repoURL", "git")
    if not url:
        raise UserError("git generator: repoURL is missing", reason="InvalidGenerator")
    around.ledger.requeue(_interval_seconds(spec, around))
    directories = context.list_field(spec, "directories", "git")
    files = context.list_field(spec, "files", "git")
    if not directories and not files:
        raise UserError("git generator: set directories or files", reason="InvalidGenerator")
    tree = await around.tree(url, context.text_field(spec, "revision", "git"))
    prefix = context.text_field(spec, "pathParamPrefix", "git")
    look = _Look(tree, directories or files, prefix, is_directories=bool(directories), subject=redact.text(url))
    # A large repository takes seconds, which the event loop must not: all of this happens beside it.
    found = await _remembered(look, (url, context.text_field(spec, "revision", "git")), around)
    values = context.mapping_field(spec, "values", "git")
    return [params.with_values(each, values, around.engine) for each in found]


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a repository; `entries` are the patterns."""

    tree: Tree
    entries: list[Any]
    prefix: str
    is_directories: bool
    subject: str

    def sets(self, around: Context) -> list[Params]:
        if self.is_directories:
            return _directory_sets(self.tree, self.entries, self.prefix, around, self.subject)
        return _file_sets(self.tree, self.entries, self.prefix, around)


async def _remembered(look: _Look, at: tuple[str, str], around: Context) -> list[Params]:
    """What a look finds: a matrix asks for the same again and again, and so does the next expansion."""
    inputs, memory = around.inputs, around.ledger.memory
    commit = look.tree.commit
    place = (
        commit.sha if context.is_made(commit) else memory.number
    )  # files that are in no commit change without notice
    ways = (look.is_directories, around.engine.is_go, inputs.new_git_file_globbing, inputs.include_hidden_directories)
    key = (at, place, orjson.dumps(look.entries), look.prefix, ways)
    known = memory.recall_or_none(key)
    if known is None:
        known = await asyncio.to_thread(look.sets, around)
    return memory.recall(key, lambda: known)


def _interval_seconds(spec: dict[str, Any], around: Context) -> float:
    value = spec.get("requeueAfterSeconds")
    if value is None or value == 0:
        return around.inputs.requeue_after_seconds
    if not isinstance(value, int) or isinstance(value, bool) or value < _MIN_REQUEUE_SECONDS:
        raise UserError("git generator: requeueAfterSeconds must be a whole number from 1", reason="InvalidGenerator")
    return float(value)


def _patterns(entries: list[Any], compile_glob: Any) -> _Patterns:
    include: list[globs.Matcher] = []
    exclude: list[globs.Matcher] = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
            raise UserError("git generator: each entry needs a path", reason="InvalidGenerator")
        forge_fields.known(entry, _ENTRY_FIELDS, "git generator: directories and files")
        is_exclude = forge_fields.flag(entry, "exclude", "git")
        (exclude if is_exclude else include).append(compile_glob(entry["path"]))
    return _Patterns(tuple(include), tuple(exclude))


def _directory_sets(tree: Tree, entries: list[Any], prefix: str, around: Context, subject: str) -> list[Params]:
    matches = _patterns(entries, globs.directory)
    reaches = [_Reach.of(entry["path"]) for entry in entries if not entry.get("exclude")]
    hidden = around.inputs.include_hidden_directories
    return [
        _path_params(path, "", prefix, is_go=around.engine.is_go)
        for path in _directories(tree, reaches, hidden=hidden, subject=subject)
        if matches.match(path)
    ]


@dataclass(frozen=True, slots=True)
class _Reach:
    """Which folders a directory pattern can match anything below: `apps/*` has no need of what else there is.

    Attributes:
        literal: the leading segments without wildcards.
        levels: how many segments each match has, None when the pattern does not tell.
    """

    literal: tuple[str, ...]
    levels: int | None

    @classmethod
    def of(cls, pattern: str) -> _Reach:
        segments = pattern.split("/")
        plain = itertools.takewhile(lambda one: not _WILD.intersection(one), segments)
        return cls(tuple(plain), None if "[" in pattern else len(segments))  # a class may hold a slash

    def goes_below(self, path: str) -> bool:
        segments = tuple(path.split("/"))
        if self.levels is not None and len(segments) >= self.levels:
            return False
        return all(mine == theirs for mine, theirs in zip(self.literal, segments, strict=False))


def _directories(tree: Tree, reaches: list[_Reach], *, hidden: bool, subject: str) -> Iterator[str]:
    """Every directory that a pattern may match, parents before children."""
    budget = TreeBudget("", subject=subject)
    stack = [""]
    while stack:
        path = stack.pop()
        if path:
            yield path
            if not any(reach.goes_below(path) for reach in reaches):
                continue
        entries = tree.children(path)
        budget.spend(path, len(entries), depth=path.count("/") + bool(path))
        folders = [entry.path for entry in entries if entry.kind == "tree"]
        stack += [one for one in reversed(folders) if hidden or not one.rpartition("/")[2].startswith(".")]


def _file_sets(tree: Tree, files: list[Any], prefix: str, around: Context) -> list[Params]:
    dialect = globs.doublestar if around.inputs.new_git_file_globbing else globs.pathspec
    matches = _patterns(files, dialect)
    found = [entry for entry in tree.walk("") if entry.kind in ("blob", "link") and matches.match(entry.path)]
    return [
        each
        for entry in sorted(found, key=lambda one: one.path)
        for each in _sets_of_entry(tree, entry, prefix, around)
    ]


def _sets_of_entry(tree: Tree, entry: Entry, prefix: str, around: Context) -> list[Params]:
    """The sets of a file, those of before where it has not changed; what is behind a link may have."""
    is_go = around.engine.is_go
    if entry.kind == "link":
        return list(_sets_of_file(tree, entry.path, prefix, is_go=is_go))
    return around.ledger.memory.recall(
        (entry.path, entry.id, prefix, is_go), lambda: list(_sets_of_file(tree, entry.path, prefix, is_go=is_go))
    )


def _sets_of_file(tree: Tree, path: str, prefix: str, *, is_go: bool) -> Iterator[Params]:
    folder, _, name = path.rpartition("/")
    place = _path_params(folder or ".", name, prefix, is_go=is_go)
    for content in _objects(tree, path):
        if is_go:
            yield {**params.from_json(content), **place}
        else:
            yield {**params.flatten(params.from_json(content)), **place}


def _objects(tree: Tree, path: str) -> list[dict[str, Any]]:
    """The parameter objects in a YAML or JSON file: one, several in a list, or an empty one for an empty file."""
    try:
        text = tree.read(path, limit_bytes=_FILE_BYTES).decode()
    except UnicodeDecodeError:
        raise UserError(f"unable to parse file {path}: it is not UTF-8", reason="InvalidParameterFile") from None
    value = yaml_text.first(text, subject=path)
    if value is None:
        return [{}]
    objects = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in objects):
        raise UserError(
            f"unable to parse file {path}: it must hold a mapping or a list of mappings",
            reason="InvalidParameterFile",
        )
    return objects


def _path_params(path: str, filename: str, prefix: str, *, is_go: bool) -> Params:
    """The `path` parameters; `filename` is empty for directories."""
    basename = path.rsplit("/", 1)[-1]
    found: dict[str, Any] = {"basename": basename, "basenameNormalized": slug.normalize(basename)}
    if filename:
        found |= {"filename": filename, "filenameNormalized": slug.normalize(filename)}
    segments = path.split("/")
    if is_go:
        place = {"path": {"path": path, **found, "segments": Strings(segments)}}
        return {prefix: place} if prefix else dict(place)
    name = f"{prefix}.path" if prefix else "path"
    flat: Params = {name: path, **{f"{name}.{key}": value for key, value in found.items()}}
    return flat | {f"{name}[{number}]": segment for number, segment in enumerate(segments) if segment}
