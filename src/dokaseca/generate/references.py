"""Which parameters a template text names, found in the text itself: for people who ask where a value comes from. Pure.

What stands inside `range` or `with` counts as if it stood outside: the answer may hold a path that no parameter set
has, and never misses one that decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.kit import bounds

LABELS: Final = "metadata.labels."
ANNOTATIONS: Final = "metadata.annotations."

_FAST = re.compile(r"\{\{([^\n]*?)\}\}")
_ACTION = re.compile(r"""\{\{-?\s*(?:/\*.*?\*/|((?:"(?:\\.|[^"\\\n])*"|`[^`]*`|(?!\}\}).)*))\s*-?\}\}""", re.DOTALL)
_STRING = r'"(?:\\.|[^"\\\n])*"|`[^`]*`'
_CHAIN = r"\$?(?:\.[^\W\d]\w*)+"
_PIECE = re.compile(
    rf"""index\s+(?P<indexed>{_CHAIN})(?P<keys>(?:\s+(?:{_STRING}))+)"""
    rf"""|(?P<string>{_STRING})|(?P<other>\$?\w+(?:\.\w+)+|\)(?:\.\w+)+|\$\w+)|(?P<chain>{_CHAIN})"""
)
_KEY = re.compile(_STRING)


@dataclass(frozen=True, slots=True)
class Reference:
    """One parameter that a text names.

    Attributes:
        name: dotted: `metadata.labels.region`, `values.chart`, `path.basename`.
        text: the action that names it, as written.
    """

    name: str
    text: str

    @property
    def label_or_none(self) -> str | None:
        """The cluster label that it reads."""
        return self.name.removeprefix(LABELS) if self.name.startswith(LABELS) else None

    @property
    def annotation_or_none(self) -> str | None:
        """The cluster annotation that it reads."""
        return self.name.removeprefix(ANNOTATIONS) if self.name.startswith(ANNOTATIONS) else None


def of_text(text: str, *, is_go: bool) -> list[Reference]:
    """Every parameter that `text` names, in order."""
    if "{{" not in text:
        return []
    if not is_go:
        return [Reference(found[1].strip(), found[0]) for found in _FAST.finditer(text) if found[1].strip()]
    return [Reference(name, action[0]) for action in _ACTION.finditer(text) for name in _names(action[1] or "")]


def _names(action: str) -> Iterator[str]:
    for piece in _PIECE.finditer(action):
        if piece["indexed"]:
            keys = (found[0][1:-1] for found in _KEY.finditer(piece["keys"]))
            yield ".".join((_dotted(piece["indexed"]), *keys))
        elif piece["chain"]:
            yield _dotted(piece["chain"])


def _dotted(chain: str) -> str:
    return chain.lstrip("$").lstrip(".")


def value_or_none(name: str, params: dict[str, Any]) -> Any:
    """What a parameter set holds under a dotted name: as a flat key, or step by step through mappings and lists."""
    if name in params:
        return params[name]
    value: Any = params
    rest = name
    while rest:
        if isinstance(value, list) and rest.partition(".")[0].isdigit():
            step, _, rest = rest.partition(".")
            value = value[int(step)] if int(step) < len(value) else None
            continue
        if not isinstance(value, dict):
            return None
        if rest in value:  # a key may hold dots itself
            return value[rest]
        step, _, rest = rest.partition(".")
        value = value.get(step)
    return value


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text in a structure (keys of mappings too, under their own path) with its path, in order.

    Deeper than any manifest nothing is looked at.
    """
    if len(path) > bounds.YAML_DEPTH:
        return
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str) and "{{" in key:
                yield (*path, key), key
            yield from texts(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from texts(item, (*path, number))
