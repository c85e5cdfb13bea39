"""JSON patches (RFC 6902)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from dokaseca.dock.patching.equality import equal
from dokaseca.kit import bounds
from dokaseca.model.errors import ConflictError, UserError
from dokaseca.model.manifest import Manifest

OPERATIONS = 10_000  # what kube-apiserver accepts in one patch

Step = Callable[[Any, str], Any]


class PatchTestFailed(ConflictError):
    """A `test` operation found another value: nothing was changed. kube-apiserver answers 422 Invalid."""

    default_reason = "Invalid"


def apply(document: Manifest, operations: Any) -> Manifest:
    """`document` after all `operations`, in order; none of them if one fails.

    Raises:
        PatchTestFailed: a `test` found another value, or none.
        UserError: reason Invalid: a malformed operation, or a path that does not exist; reason BadRequest:
            `operations` is not a list of objects; reason RequestEntityTooLarge: more than OPERATIONS of them.
    """
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise UserError("a JSON patch must be a list of operations", reason="BadRequest")
    if len(operations) > OPERATIONS:
        raise UserError(f"a JSON patch may hold {OPERATIONS} operations at most", reason="RequestEntityTooLarge")
    result: Any = document
    copied_bytes = 0
    for operation in operations:
        if operation.get("op") == "copy":
            copied_bytes += _copied_bytes(result, operation)
            if copied_bytes > bounds.REQUEST_BODY_BYTES:  # copies of copies grow without limit
                raise UserError("the JSON patch copies too much; send the values", reason="RequestEntityTooLarge")
        result = _operate(result, operation)
    if not isinstance(result, dict):
        raise UserError("a JSON patch may not replace the object by another kind of value", reason="Invalid")
    return result


def _operate(document: Any, operation: dict[str, Any]) -> Any:
    verb, path = operation.get("op"), _pointer(operation, "path")
    match verb:
        case "add":
            return _add(document, path, _value(operation))
        case "remove":
            return _remove(document, path)
        case "replace":
            return _replace(document, path, _value(operation))
        case "move":
            source = _pointer(operation, "from")
            if path[: len(source)] == source and len(path) > len(source):
                raise _invalid("a value cannot move into itself", path)
            return _add(_remove(document, source), path, _read(document, source))
        case "copy":
            return _add(document, path, _read(document, _pointer(operation, "from")))
        case "test":
            return _test(document, path, operation.get("value"))
    raise UserError("unknown operation in a JSON patch; use add, remove, replace, move, copy or test", reason="Invalid")


def _copied_bytes(document: Any, operation: dict[str, Any]) -> int:
    try:
        return len(orjson.dumps(_read(document, _pointer(operation, "from"))))
    except orjson.JSONEncodeError as error:
        raise UserError("the JSON patch copies a value that is nested too deeply", reason="Invalid") from error


def _value(operation: dict[str, Any]) -> Any:
    if "value" not in operation:
        raise UserError(f"operation {operation['op']} of a JSON patch needs a value", reason="Invalid")
    return operation["value"]


def _pointer(operation: dict[str, Any], name: str) -> list[str]:
    """The steps of a JSON pointer (RFC 6901); the empty pointer is the whole document."""
    text = operation.get(name)
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise UserError(f"{name} in a JSON patch must be a JSON pointer such as /spec/replicas", reason="Invalid")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]
    if len(steps) > bounds.JSON_DEPTH:
        raise UserError(f"{name} in a JSON patch is deeper than {bounds.JSON_DEPTH} levels", reason="Invalid")
    return steps


def _read(document: Any, path: list[str]) -> Any:
    value = document
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list):
            value = value[_index(value, step, path)]
        else:
            raise _invalid("nothing is", path)
    return value


def _test(document: Any, path: list[str], expected: Any) -> Any:
    try:
        found = _read(document, path)
    except UserError:
        found = None  # kube-apiserver: a test for null holds where there is nothing
    if not equal(found, expected):
        raise PatchTestFailed(f"test failed at /{'/'.join(path)}: the value is another; read the object again")
    return document


def _add(document: Any, path: list[str], value: Any) -> Any:
    def place(parent: Any, step: str) -> Any:
        if isinstance(parent, dict):
            return {**parent, step: value}
        index = len(parent) if step == "-" else _index(parent, step, path, beyond=1)
        return [*parent[:index], value, *parent[index:]]

    return _at(document, path, place) if path else value


def _replace(document: Any, path: list[str], value: Any) -> Any:
    def place(parent: Any, step: str) -> Any:
        if isinstance(parent, dict):
            if step not in parent:
                raise _invalid("nothing to replace is", path)
            return {**parent, step: value}
        index = _index(parent, step, path)
        return [*parent[:index], value, *parent[index + 1 :]]

    return _at(document, path, place) if path else value


def _remove(document: Any, path: list[str]) -> Any:
    def drop(parent: Any, step: str) -> Any:
        if isinstance(parent, dict):
            if step not in parent:
                raise _invalid("nothing to remove is", path)
            return {name: value for name, value in parent.items() if name != step}
        index = _index(parent, step, path)
        return [*parent[:index], *parent[index + 1 :]]

    if not path:
        raise _invalid("the whole object cannot be removed by a patch; nothing is", path)
    return _at(document, path, drop)


def _at(document: Any, path: list[str], change: Step) -> Any:
    """A copy of `document` in which the container that holds the last step of `path` went through `change`."""
    spine = [document]
    for step in path[:-1]:
        spine.append(_read(spine[-1], [step]))
    if not isinstance(spine[-1], dict | list):
        raise _invalid("no object and no list is above", path)
    changed = change(spine[-1], path[-1])
    for parent, step in zip(reversed(spine[:-1]), reversed(path[:-1]), strict=True):
        if isinstance(parent, dict):
            changed = {**parent, step: changed}
        else:
            index = _index(parent, step, path)
            changed = [*parent[:index], changed, *parent[index + 1 :]]
    return changed


def _index(items: list[Any], step: str, path: list[str], *, beyond: int = 0) -> int:
    if not (step.isascii() and step.isdigit()) or (len(step) > 1 and step[0] == "0"):
        raise _invalid("list positions count from 0; no position is", path)
    index = int(step) if len(step) < 10 else len(items) + beyond
    if index >= len(items) + beyond:
        raise _invalid("the list is too short: nothing is", path)
    return index


def _invalid(why: str, path: list[str]) -> UserError:
    return UserError(f"{why} at /{'/'.join(path)[:200]}; correct the JSON patch", reason="Invalid")
