"""What the outcome of a mutation's expression does to an object: merged as server-side apply does, or a JSON patch.

Follows k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.admission.structure import Findings
from dokaseca.dock.cel import construct
from dokaseca.dock.patching import json_patch, typed, typed_errors
from dokaseca.dock.patching.list_types import ListTypes
from dokaseca.dock.resources import ResourceType
from dokaseca.kit import bounds
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest

_SECOND: Final = timedelta(seconds=1)


class MutationError(Exception):
    """A mutation that cannot be done; the message is the server's."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """What mutations need to know of the kinds of objects.

    Attributes:
        lists: how a kind's lists and maps are merged.
        conform: drops what a kind does not have from an object, in place, and reports it.
        complete: fills in a kind's defaults, in place.
    """

    lists: Callable[[ResourceType], ListTypes]
    conform: Callable[[ResourceType, Manifest], Findings]
    complete: Callable[[ResourceType, Manifest], None]


def configuration(answer: Any, manifest: Manifest, of: ResourceType, kinds: Kinds) -> Manifest:
    """`manifest` with a constructed `Object` merged into it.

    Raises:
        MutationError: the answer is no such object, names fields that the kind does not have, or sets atomic ones.
    """
    if not construct.is_constructed(answer, construct.OBJECT):
        raise MutationError("unsupported return type from ApplyConfiguration expression: it must evaluate to Object")
    mismatches = construct.mismatches(answer, construct.OBJECT)
    if mismatches:
        raise MutationError("type mismatch: " + "\n".join(mismatches))
    patch: Manifest = {**plain(answer), "apiVersion": of.api_version, "kind": of.kind}
    patch.setdefault("metadata", {})
    types = kinds.lists(of)
    _check(patch, of, kinds, types)
    atomic = list(_atomic(patch, types))
    if atomic:
        what = f"may not mutate atomic arrays, maps or structs: {', '.join(atomic)}"
        raise MutationError(f"error applying patch: invalid ApplyConfiguration: {what}")
    try:
        merged: Manifest = typed.merge(manifest, patch, types)
    except DokaSecaError as error:
        raise MutationError(f"error applying patch: failed to merge patch: {error.message}") from error
    return merged


def _check(patch: Manifest, of: ResourceType, kinds: Kinds, types: ListTypes) -> None:
    problems = ""
    if not isinstance(patch["metadata"], dict):
        raise MutationError(
            "error applying patch: failed to convert patch object to typed object: .metadata: not a map"
        )
    findings = kinds.conform(of, copied(patch))
    if findings.mistyped:
        problems = typed_errors.mistyped(findings.mistyped, patch, types)
    elif findings.unknown:
        problems = typed_errors.undeclared(findings.unknown, patch, types)
    elif found := list(typed_errors.list_problems(patch, types)):
        problems = typed_errors.joined(found)
    if problems:
        raise MutationError(f"error applying patch: failed to convert patch object to typed object: {problems}")


def _atomic(value: Any, types: ListTypes, path: str = "") -> Iterator[str]:
    """Places that are replaced as a whole: setting a part of them would drop the rest unseen."""
    if isinstance(value, dict):
        if types.is_atomic:
            yield path
        if types.is_struct:
            for name, below in value.items():
                yield from _atomic(below, types.child(name), f"{path}.{name}")
    elif isinstance(value, list):
        if types.list_kind == "atomic":
            yield path
        for index, below in enumerate(value):
            yield from _atomic(below, types.items, f"{path}[{index}]")


def patched(answer: Any, manifest: Manifest, of: ResourceType, kinds: Kinds) -> Manifest:
    """`manifest` after a list of `JSONPatch` operations; itself where one of them tests for another value.

    Raises:
        MutationError: an operation does not fit.
        StatusError: 500, the outcome is no object of the kind.
    """
    if not isinstance(answer, list):
        raise MutationError("type mismatch: JSONPatchType.expression should evaluate to array")
    operations = [_operation(one) for one in answer]
    try:
        result = copied(json_patch.apply(manifest, operations))
    except json_patch.PatchTestFailed:
        return manifest
    except DokaSecaError as error:
        raise MutationError(f"JSONPath: {_why(manifest, operations, error)}") from error
    if not isinstance(result.get("metadata"), dict):
        raise status_error.internal("json: the metadata of a patched object must be an object")
    findings = kinds.conform(of, result)
    if findings.mistyped:
        raise status_error.internal(findings.mistyped)
    if findings.unknown:
        unknown = ", ".join(f'unknown field "{path}"' for path in findings.unknown)
        raise status_error.internal(f"strict decoding error: {unknown}")
    return result


def _operation(one: Any) -> dict[str, Any]:
    if not construct.is_constructed(one, construct.PATCH):
        raise MutationError("type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch")
    value = one.get("value")
    name = value.get(construct.TAG) if isinstance(value, dict) else None
    mismatches = construct.mismatches(value, name) if isinstance(name, str) else []
    if mismatches:
        raise MutationError("type mismatch: " + "\n".join(mismatches))
    found: dict[str, Any] = {"op": "", "path": "", **plain(one)}
    for field in ("op", "path", "from"):
        if not isinstance(found.get(field, ""), str):
            raise MutationError(f"unexpected type for JSONPatchType '{field}' field: it must be a string")
    return found


def _why(document: Manifest, operations: list[dict[str, Any]], error: DokaSecaError) -> str:
    """Why operations cannot be done, in the words of the server's library: of the first that fails."""
    if error.reason == "RequestEntityTooLarge":
        return error.message
    for operation in operations:
        try:
            document = json_patch.apply(document, [operation])
        except DokaSecaError:
            return _sentence(document, operation, error)
    return error.message


def _sentence(document: Manifest, operation: dict[str, Any], error: DokaSecaError) -> str:
    verb, path = operation["op"], operation["path"]
    if verb in ("add", "remove", "replace") and _is_missing(document, path):
        return f'{verb} operation does not apply: doc is missing path: "{path}": missing value'
    if verb == "remove":
        key = path.rpartition("/")[2]
        return f"error in remove for path: '{path}': Unable to remove nonexistent key: {key}: missing value"
    return error.message


def _is_missing(document: Any, path: str) -> bool:
    """Whether there is nothing to hold the place that `path` names."""
    for step in path.split("/")[1:-1]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return True
    return not isinstance(document, dict | list)


def plain(value: Any) -> Any:
    """An evaluated value as JSON, without the names of constructed types.

    Raises:
        MutationError: it has none.
    """
    if isinstance(value, dict):
        found = {key: plain(below) for key, below in value.items() if key != construct.TAG}
        for key in found:
            if not isinstance(key, str):
                raise MutationError(f"map key {key} is not a string")
        return found
    if isinstance(value, list):
        return [plain(below) for below in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return f"{value / _SECOND:g}s"
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    return value


def copied(manifest: Manifest) -> Manifest:
    """A deep copy.

    Raises:
        MutationError: it is no JSON, or larger than any request may be.
    """
    try:
        data = orjson.dumps(manifest)
    except TypeError as error:
        raise MutationError(f"the mutated object is no JSON: {error}") from error
    if len(data) > bounds.REQUEST_BODY_BYTES:
        raise MutationError(f"the mutated object exceeds {bounds.REQUEST_BODY_BYTES} bytes")
    found: Manifest = orjson.loads(data)
    return found
