"""Reads YAML as Kubernetes does: YAML 1.1 scalars, JSON types, duplicate keys refused, every size bounded."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from dokaseca.kit import bounds, yaml_fast, yaml_scalars

Path: TypeAlias = tuple[str | int, ...]
Marks: TypeAlias = dict[Path, tuple[int, int]]  # path -> (line, column), counted from 1

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its events are used, never its constructors
_MERGE_TAG = "tag:yaml.org,2002:merge"
_TYPES: dict[str, tuple[type, ...]] = {
    "tag:yaml.org,2002:int": (int,),
    "tag:yaml.org,2002:float": (int, float),
    "tag:yaml.org,2002:bool": (bool,),
    "tag:yaml.org,2002:null": (type(None),),
}
_BINARY_TAG = "tag:yaml.org,2002:binary"


class InvalidYAML(ValueError):
    """The text is not YAML that Kubernetes would read; says where (`subject:line:column`) and what to do."""

    def __init__(self, subject: str, line: int, column: int, message: str) -> None:
        super().__init__(f"{subject}:{line}:{column}: {message}")
        self.subject, self.line, self.column, self.message = subject, line, column, message


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a stream: `line` is where its content starts, counted from 1."""

    value: Any
    line: int


def load_all(text: bytes | str, *, subject: str) -> list[Document]:
    """Every document of a stream; empty documents are left out.

    Args:
        subject: what messages call the text, usually a path.

    Raises:
        InvalidYAML: a syntax error, a duplicate key, a tab, or a bound of `kit.bounds` exceeded.
    """
    return _read(_decoded(text, subject, bounds.YAML_DOCUMENT_BYTES), subject)


def load(text: bytes | str, *, subject: str, limit_bytes: int = bounds.YAML_DOCUMENT_BYTES) -> Any:
    """The only document, None when there is none.

    Args:
        limit_bytes: how large the text may be: for what is known to be larger than manifests are.

    Raises:
        InvalidYAML: as `load_all`; also more than one document.
    """
    documents = _read(_decoded(text, subject, limit_bytes), subject)
    if len(documents) > 1:
        raise InvalidYAML(subject, documents[1].line, 1, "holds several documents where one is expected")
    return documents[0].value if documents else None


def load_with_marks(text: bytes | str, *, subject: str) -> tuple[Any, Marks]:
    """The only document, and where each of its values stands; a mapping's entry is marked at its key.

    Raises:
        InvalidYAML: as `load`.
    """
    found = load_all_with_marks(text, subject=subject)
    if len(found) > 1:
        raise InvalidYAML(subject, found[1][0].line, 1, "holds several documents where one is expected")
    return (found[0][0].value, found[0][1]) if found else (None, {})


def load_all_with_marks(text: bytes | str, *, subject: str) -> list[tuple[Document, Marks]]:
    """Every document of a stream as `load_all` gives it, each with the places of its values as `load_with_marks` does.

    Raises:
        InvalidYAML: as `load_all`.
    """
    decoded = _decoded(text, subject, bounds.YAML_DOCUMENT_BYTES)
    return [one for one in _composed(decoded, subject, with_marks=True) if one[0].value is not None]


def _decoded(text: bytes | str, subject: str, limit_bytes: int) -> str:
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text  # a lone surrogate is refused below
    if len(data) > limit_bytes:
        raise InvalidYAML(subject, 1, 1, f"is larger than {limit_bytes // 2**20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidYAML(subject, line, 1, "is not UTF-8 text") from error


def _read(text: str, subject: str) -> list[Document]:
    """Each document the fast way where that is safe; errors always come from the exact way over the whole text."""
    parts = yaml_fast.parts_or_none(text)
    if parts is not None:
        try:
            return [document for part in parts for document in _read_part(part, subject)]
        except InvalidYAML:
            pass  # its place counts from the start of the part
    return _exact(text, subject)


def _read_part(part: yaml_fast.Part, subject: str) -> list[Document]:
    value = yaml_fast.read_or_refuse(part.text)
    if value is yaml_fast.REFUSED:
        return [Document(one.value, part.line + one.line - 1) for one in _exact(part.text, subject)]
    return [] if value is None else [Document(value, part.line + yaml_fast.lines_before_content(part.text))]


def _exact(text: str, subject: str) -> list[Document]:
    return [one for one, _ in _composed(text, subject) if one.value is not None]


def _composed(text: str, subject: str, *, with_marks: bool = False) -> Iterator[tuple[Document, Marks]]:
    parser = None
    try:
        parser = _LOADER(text)
        while parser.check_event():
            event = parser.get_event()
            if isinstance(event, DocumentStartEvent):
                yield _Composer(parser, subject, with_marks).document()
    except yaml.YAMLError as error:
        raise _syntax(error, subject, text) from error
    finally:
        if parser is not None:
            parser.dispose()


class _Composer:
    """Builds one document from parser events."""

    def __init__(self, parser: Any, subject: str, with_marks: bool) -> None:
        self._parser = parser
        self._subject = subject
        self._with_marks = with_marks
        self._anchors: dict[str, Any] = {}
        self._alias_nodes = 0
        self._depth = 0
        self.marks: Marks = {}

    def document(self) -> tuple[Document, Marks]:
        event = self._parser.get_event()
        line = _place(event)[0]
        value = self._node(event, ())
        end = self._parser.get_event()
        if not isinstance(end, DocumentEndEvent):
            raise self._error(end, "has content after the end of the document")
        return Document(value, line), self.marks

    def _node(self, event: Event, path: Path) -> Any:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if self._with_marks:
            self.marks.setdefault(path, _place(event))
        if isinstance(event, ScalarEvent):
            value = self._scalar(event)
        else:
            self._depth += 1
            if self._depth > bounds.YAML_DEPTH:
                raise self._error(event, f"is nested deeper than {bounds.YAML_DEPTH} levels")
            value = self._mapping(event, path) if isinstance(event, MappingStartEvent) else self._sequence(event, path)
            self._depth -= 1
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = value
        return value

    def _alias(self, event: AliasEvent) -> Any:
        if event.anchor not in self._anchors:
            raise self._error(event, f"alias *{event.anchor} has no anchor before it")
        value = self._anchors[event.anchor]
        self._alias_nodes += _size(value, bounds.YAML_ALIASES)
        if self._alias_nodes > bounds.YAML_ALIASES:
            raise self._error(event, f"aliases expand to more than {bounds.YAML_ALIASES} values")
        return value

    def _sequence(self, start: Event, path: Path) -> list[Any]:
        if not isinstance(start, SequenceStartEvent):
            raise self._error(start, "is not a value")
        items: list[Any] = []
        while not isinstance(event := self._parser.get_event(), CollectionEndEvent):
            items.append(self._node(event, (*path, len(items)) if self._with_marks else path))
        return items

    def _mapping(self, start: MappingStartEvent, path: Path) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := self._parser.get_event(), CollectionEndEvent):
            if _is_merge(event):
                source = self._node(self._parser.get_event(), path)
                self._merge(event, merged, source)
                continue
            key = self._key(event)
            if key in own:
                raise self._error(event, f"key {key!r} is there twice in one mapping; keep one of them")
            where = path
            if self._with_marks:
                where = (*path, key)
                self.marks[where] = _place(event)
            own[key] = self._node(self._parser.get_event(), where)
        return {**merged, **own} if merged else own

    def _merge(self, event: Event, merged: dict[str, Any], source: Any) -> None:
        for one in source if isinstance(source, list) else [source]:
            if not isinstance(one, dict):
                raise self._error(event, "merge key << needs a mapping")
            for key, value in one.items():
                merged.setdefault(key, value)

    def _key(self, event: Event) -> str:
        if not isinstance(event, ScalarEvent):
            raise self._error(event, "a mapping key must be a plain text, not a list or mapping")
        value = self._scalar(event)
        if value is None:
            raise self._error(event, "a mapping key is empty")
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    def _scalar(self, event: ScalarEvent) -> Any:
        """The value; a tag that is not of JSON's types makes it a text, as Kubernetes' reader does."""
        tag, text = event.tag, str(event.value)
        if tag == _BINARY_TAG:
            return self._binary(event, text)
        if (tag is None and not event.implicit[0]) or (tag is not None and tag not in _TYPES):
            return text
        try:
            value = yaml_scalars.resolve(text)
        except ValueError as error:
            raise self._error(event, str(error)) from error
        if tag is not None and (
            not isinstance(value, _TYPES[tag]) or (isinstance(value, bool) and bool not in _TYPES[tag])
        ):
            raise self._error(event, f"{text!r} is not what its tag {tag.replace('tag:yaml.org,2002:', '!!')} says")
        return value

    def _binary(self, event: ScalarEvent, text: str) -> str:
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode()
        except ValueError as error:
            raise self._error(event, "!!binary does not hold base64 of UTF-8 text") from error

    def _error(self, event: Event, message: str) -> InvalidYAML:
        return InvalidYAML(self._subject, *_place(event), message)


def _place(event: Event) -> tuple[int, int]:
    """Line and column of an event, counted from 1."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _is_merge(event: Event) -> bool:
    return isinstance(event, ScalarEvent) and event.value == "<<" and (event.tag == _MERGE_TAG or event.implicit[0])


def _size(value: Any, limit: int) -> int:
    """How many values hang below `value`, counted no further than `limit`."""
    count, stack = 0, [value]
    while stack and count <= limit:
        one = stack.pop()
        count += 1
        if isinstance(one, dict):
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
    return count


def _syntax(error: yaml.YAMLError, subject: str, text: str) -> InvalidYAML:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = str(getattr(error, "problem", "") or getattr(error, "reason", "") or "is not valid YAML")
    lines = text.split("\n")
    if line <= len(lines) and "\t" in lines[line - 1][:column]:
        problem = "a tab is used for indentation, which YAML forbids; use spaces"
    return InvalidYAML(subject, line, column, problem)
