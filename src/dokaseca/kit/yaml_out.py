"""Writes YAML that every reader reads back as it was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.representer import SafeRepresenter

from dokaseca.kit import yaml_scalars

_EMITTER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # only emits: its nodes and resolvers cost half the time
_PLAIN = (True, True)  # written as it is, without a tag
_WORDS = {None: "null", True: "true", False: "false"}
_FLOATS = SafeRepresenter()


def dump(value: Any) -> str:
    """One JSON value as a YAML document in block style, keys in the order given.

    Raises:
        TypeError: something in it is not of a type that JSON has.
    """
    events: list[Event] = [StreamStartEvent(), DocumentStartEvent(explicit=False)]
    _add(events.append, value)
    events += [DocumentEndEvent(explicit=False), StreamEndEvent()]
    return str(yaml.emit(events, Dumper=_EMITTER, width=4096, allow_unicode=True))


def dump_all(values: Iterable[Any]) -> str:
    """Several documents, separated by `---`."""
    return "---\n".join(dump(value) for value in values)


def _add(add: Callable[[Event], None], value: Any) -> None:
    if isinstance(value, str):
        text = str.__str__(value)  # the emitter takes no subtype
        add(ScalarEvent(None, None, _PLAIN, text, style=_style_or_none(text)))
    elif isinstance(value, Mapping):
        add(MappingStartEvent(None, None, True, flow_style=False))
        for key, inner in value.items():
            _add(add, key)
            _add(add, inner)
        add(MappingEndEvent())
    elif isinstance(value, (list, tuple)):
        add(SequenceStartEvent(None, None, True, flow_style=False))
        for inner in value:
            _add(add, inner)
        add(SequenceEndEvent())
    else:
        add(ScalarEvent(None, None, _PLAIN, _word(value)))


def _word(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return str(_FLOATS.represent_float(value).value)
    raise TypeError(f"a {type(value).__name__} cannot be written as YAML; JSON has no such type")


def _style_or_none(value: str) -> str | None:
    """Quoted wherever any YAML version could take a text for something else."""
    if "\n" in value and not any(line.endswith((" ", "\t")) for line in value.split("\n")) and "\t" not in value:
        return "|"
    return '"' if _is_ambiguous(value) else None


def _is_ambiguous(value: str) -> bool:
    if value in ("=", "<<") or value[:1] in "0123456789+-.~":
        return True
    try:
        return yaml_scalars.resolve(value) != value
    except ValueError:
        return True
