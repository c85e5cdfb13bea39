"""`spec.ignoreApplicationDifferences`: what users may change on generated Applications."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import IgnoreRule
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

_ABSENT = object()
_JQ_FORBIDDEN = re.compile(
    r"\b(env|input|inputs|input_filename|debug|stderr|import|include|limit|repeat|range|while|until|recurse|def)\b|\$ENV|\$__"
)
_JQ_LENGTH = 1000  # a path expression is a line


def restored(desired: Manifest, live: Manifest, rules: Sequence[IgnoreRule]) -> Manifest:
    """`desired` with live's values at every ignored place; an element of a list is restored inside the list.

    Raises:
        UserError: reason InvalidIgnoreRule: a pointer or jq path that does not parse.
    """
    name = manifests.name(desired)
    paths = [path for rule in rules if rule.name in ("", name) for path in _paths(rule, desired, live)]
    if not paths:
        return desired
    result = copy.deepcopy(desired)
    for path in paths:
        _put(result, path, _value_at(live, path))
    return result


def _paths(rule: IgnoreRule, desired: Manifest, live: Manifest) -> list[list[str | int]]:
    found: list[list[str | int]] = [list(_pointer(pointer)) for pointer in rule.json_pointers]
    for expression in rule.jq_path_expressions:
        for path in (*_jq_paths(expression, live), *_jq_paths(expression, desired)):
            if path and path not in found:
                found.append(path)
    return found


def _pointer(pointer: str) -> list[str]:
    """RFC 6901."""
    if not pointer.startswith("/"):
        raise UserError(f"JSON pointer {pointer!r} must begin with /", reason="InvalidIgnoreRule")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def _jq_paths(expression: str, document: Manifest) -> list[list[str | int]]:
    """The places that a jq path expression names in `document`; one that computes or reads elsewhere is refused."""
    if len(expression) > _JQ_LENGTH or _JQ_FORBIDDEN.search(expression):
        raise UserError(f"jq expression {expression[:60]!r} is not a plain path expression", reason="InvalidIgnoreRule")
    import jq

    try:
        paths: list[list[str | int]] = jq.compile(f"[path({expression})]").input_value(document).first()
    except ValueError as error:
        if "Cannot iterate" in str(error) or "Cannot index" in str(error):
            return []
        raise UserError(f"jq expression {expression[:60]!r}: {error}", reason="InvalidIgnoreRule") from error
    return paths


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(str(step), _ABSENT)
    if isinstance(value, list):
        at = _index(step)
        return value[at] if at is not None and at < len(value) else _ABSENT
    return _ABSENT


def _index(step: str | int) -> int | None:
    return step if isinstance(step, int) else int(step) if step.isdigit() and len(step) < 8 else None


def _value_at(document: Any, path: list[str | int]) -> Any:
    for step in path:
        document = _step(document, step)
    return document


def _put(document: Any, path: list[str | int], value: Any) -> None:
    """Set or remove the last step; a parent that does not exist is made only where there is a value to keep."""
    *parents, last = path
    for step in parents:
        following = _step(document, step)
        if following is _ABSENT:
            if value is _ABSENT or not isinstance(document, dict):
                return
            following = document[str(step)] = {}
        document = following
    if isinstance(document, dict):
        if value is _ABSENT:
            document.pop(str(last), None)
        else:
            document[str(last)] = value
    elif isinstance(document, list):
        at = _index(last)
        if at is not None and at < len(document) and value is not _ABSENT:
            document[at] = value
