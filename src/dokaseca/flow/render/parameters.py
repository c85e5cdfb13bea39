"""Helm parameters: one value set by its path, by the rules of `helm --set`. Pure.

Argo CD hands a parameter to Helm as `--set name=value` with the commas of `value` escaped, unless it is a `{list}`.
"""

from __future__ import annotations

import re
from typing import Any

from dokaseca.model.errors import UserError

Path = tuple[str | int, ...]

LIST_INDEX = 65_536  # Helm refuses larger indexes too
NESTED = 30  # and deeper names
INTEGER = 2**63

_NUMBER = re.compile(r"[-+]?\d+\Z", re.ASCII)
_STEP = re.compile(r"((?:\\.|[^\\.\[=,])*)((?:\[[^\]]*\])*)(?:\.|\Z)", re.DOTALL)
_LIST = re.compile(r"\{((?:\\.|[^\\}])*)\}\Z", re.DOTALL)  # the first brace ends it, an escaped one ends nothing
_ITEM = re.compile(r"((?:\\.|[^,\\])*),", re.DOTALL)
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)


def path_of(name: str) -> Path:
    """The keys and indexes that `a.b[0].c` stands for; a backslash takes the meaning of `.`, `[`, `,` and `=` away.

    Raises:
        UserError: reason InvalidSpecError.
    """
    steps: list[str | int] = []
    position = 0
    while position < len(name) or not steps or name[position - 1] == ".":
        match = _STEP.match(name, position)
        if match is None or not match[1]:
            raise _wrong(name, "is not a path of values like a.b[0].c")
        steps.append(_unescaped(match[1]))
        steps += [_index(name, text) for text in re.findall(r"\[([^\]]*)\]", match[2])]
        position = match.end()
        if position == len(name) and not match[0].endswith("."):
            break
    if len(steps) > NESTED:
        raise _wrong(name, f"is nested deeper than {NESTED} levels")
    return tuple(steps)


def value_of(text: str, *, force_string: bool) -> Any:
    """What the text of a parameter stands for: true, false, null and whole numbers are typed, all else is text."""
    listed = _LIST.match(text)
    if listed:
        return [_typed(_unescaped(one), force_string) for one in _ITEM.findall(listed[1] + ",")]
    if text.startswith("{"):
        raise UserError(
            "a helm parameter that begins with { is a list and must end with }, the only one that is not escaped",
            reason="InvalidSpecError",
        )
    return _typed(_unescaped(text), force_string)


def with_value(values: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """`values` with `value` at `path`; what is in the way is replaced, lists are filled up with null."""
    return dict(_put(values, path, value))


def at(values: Any, path: Path) -> Any:
    """The value at `path`, None where nothing is."""
    for step in path:
        try:
            values = values[step]
        except (KeyError, IndexError, TypeError):
            return None
    return values


def _typed(text: str, force_string: bool) -> Any:
    if force_string:
        return text
    word = text.lower()
    if word in ("true", "false"):
        return word == "true"
    if word == "null":
        return None
    if text == "0" or (_NUMBER.match(text) and not text.startswith("0")):
        number = int(text)
        return number if -INTEGER <= number < INTEGER else text
    return text


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _index(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) > LIST_INDEX:
        raise _wrong(name, f"has the index [{text}], which is not a number from 0 to {LIST_INDEX}")
    return int(text)


def _put(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(value) if isinstance(value, list) else []
        items += [None] * (step + 1 - len(items))
        items[step] = _put(items[step], rest, new)
        return items
    mapping = dict(value) if isinstance(value, dict) else {}
    mapping[step] = _put(mapping.get(step), rest, new)
    return mapping


def _wrong(name: str, why: str) -> UserError:
    return UserError(f"helm parameter name {name!r} {why}", reason="InvalidSpecError")
