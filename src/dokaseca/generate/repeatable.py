"""Whether the same inputs give the same Applications again: then the last ones will do."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import orjson

from dokaseca.model.application_set import View

_ASKING: Final = ("scmProvider", "clusterDecisionResource", "pullRequest", "plugin")  # somebody who may have changed
Digest: TypeAlias = Callable[[Mapping[str, Any]], Hashable]  # None: better not remembered

_DEPTH: Final = 64
# Sprig's functions that read the clock or random numbers, and `tpl`, which may call them unseen. A name that only looks
# like one of them costs time, nothing else.
_CHANGING: Final = re.compile(
    r"(?<![\w.$])(?:now|ago|tpl|date\w*|htmlDate\w*|rand\w+|shuffle|uuidv4|gen[A-Z]\w*|bcrypt|htpasswd|encryptAES)(?!\w)"
)


def is_repeatable(view: View) -> bool:
    """Whether generation depends on clusters and files alone."""
    return not _asks(view.generators) and are_texts_repeatable(view, [view.generators, view.template])


def are_texts_repeatable(view: View, *values: Any) -> bool:
    """Whether no template in `values` or the templatePatch gives something else each time."""
    if not view.go_template:
        return True
    texts = _texts([*values, view.template_patch or ""])
    return not any("{{" in text and _CHANGING.search(text) for text in texts)


def _asks(generators: Any, depth: int = 0) -> bool:
    if depth > _DEPTH or not isinstance(generators, list | tuple):
        return depth > _DEPTH
    return any(
        any(entry.get(kind) is not None for kind in _ASKING)
        or any(
            _asks(entry[kind].get("generators"), depth + 1)
            for kind in ("matrix", "merge")
            if isinstance(entry.get(kind), dict)
        )
        for entry in generators
        if isinstance(entry, dict)
    )


def _texts(value: Any) -> Iterator[str]:
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            stack += one.keys()
            stack += one.values()
        elif isinstance(one, list | tuple):
            stack += one


def digester(view: View, template: Mapping[str, Any]) -> Digest:
    """What tells two parameter sets apart as far as `template` and the templatePatch can.

    Without goTemplate these name their parameters, a few of many, and take only texts.
    """
    if view.go_template:
        return digest_or_none
    texts = _texts([template, view.template_patch or ""])
    names = sorted({name for text in texts for name in _tags(text)})

    def of_named(params: Mapping[str, Any]) -> Hashable:
        found = (params.get(name) for name in names)
        return bool(params), *(one if isinstance(one, str) else None for one in found)

    return of_named


def _tags(text: str) -> Iterator[str]:
    """The names that `{{name}}` may stand for."""
    start = text.find("{{")
    while start >= 0 and (end := text.find("}}", start + 2)) >= 0:
        yield text[start + 2 : end].strip()
        start = text.find("{{", end + 2)


def digest_or_none(params: Mapping[str, Any]) -> bytes | None:
    """What equal parameter sets share and others do not; None for one that cannot be told from others.

    Parameters are JSON values, so that no number is one that JSON writes as null.
    """
    try:
        text = orjson.dumps(params, default=_marked, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    except TypeError:  # a key or value that JSON does not have
        return None
    return hashlib.blake2b(text, digest_size=16).digest()


def _marked(value: Any) -> Any:
    """Maps and lists of templates with what they are: each kind answers differently."""
    kind = "\0" + type(value).__name__
    if isinstance(value, dict):
        return [kind, dict(value)]
    if isinstance(value, list):
        return [kind, list(value)]
    raise TypeError
