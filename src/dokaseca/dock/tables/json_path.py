"""The part of JSONPath that printer columns use: fields, indexes, wildcards and equality filters."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"\.(?P<wild>\*)|\.(?P<field>(?:\\.|[^.\[\]\\])+)"
    r"|\[(?P<index>-?\d+)\]|\[(?P<all>\*)\]|\['(?P<quoted>(?:\\.|[^'])*)'\]|\[\"(?P<double>(?:\\.|[^\"])*)\"\]"
    r"|\[\?\(@\.(?P<path>[^=!<>)]+?)\s*(?P<operator>==|!=)\s*[\"'](?P<value>[^\"']*)[\"']\)\]"
)

Step = tuple[str, Any]


@lru_cache(maxsize=1024)
def parse(text: str) -> tuple[Step, ...] | None:
    """The steps of a path, None when it uses what is not known here."""
    text = text.strip().removeprefix("{").removesuffix("}").removeprefix("$")
    if not text.startswith((".", "[")):
        text = "." + text
    steps: list[Step] = []
    position = 0
    while position < len(text):
        found = _STEP.match(text, position)
        if not found:
            return None
        steps.append(_step(found))
        position = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["wild"] or found["all"]:
        return "all", None
    if found["index"] is not None:
        return "index", int(found["index"])
    if found["operator"]:
        return "filter", (found["path"].split("."), found["operator"] == "==", found["value"])
    name = next(value for value in (found["field"], found["quoted"], found["double"]) if value is not None)
    return "field", re.sub(r"\\(.)", r"\1", name)


def find(value: Any, text: str) -> list[Any]:
    """Everything in `value` at the path `text`; nothing where the path does not lead anywhere."""
    steps = parse(text)
    found = [value] if steps is not None else []
    for kind, argument in steps or ():
        found = [below for item in found for below in _below(item, kind, argument)]
    return found


def _below(item: Any, kind: str, argument: Any) -> list[Any]:
    if kind == "field":
        return [item[argument]] if isinstance(item, dict) and argument in item else []
    if kind == "index":
        return [item[argument]] if isinstance(item, list) and -len(item) <= argument < len(item) else []
    children = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
    if kind == "all":
        return children
    path, equal, value = argument
    return [child for child in children if (_text_at(child, path) == value) == equal]


def _text_at(value: Any, path: list[str]) -> str | None:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return str(value).lower() if isinstance(value, bool) else str(value)
