"""A Kubernetes strategic merge patch on an Application, whose only list with a merge rule is `metadata.finalizers`."""

from __future__ import annotations

from typing import Any

from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

_DIRECTIVE = "$patch"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_OPAQUE = ".helm.valuesObject"  # a value of any shape: nothing in it is merged
_IGNORED = ("$setElementOrder/", "$retainKeys")


def apply(application: Manifest, patch: dict[str, Any]) -> Manifest:
    """`application` with `patch` merged in: maps recurse, null deletes, lists are replaced, finalizers are added.

    `$patch: replace|delete|merge` and `$deleteFromPrimitiveList/<field>` are honoured.

    Raises:
        UserError: an unknown `$patch` directive.
    """
    merged: Manifest = _merged(application, patch, "")
    return merged


def _merged(present: Any, patch: dict[str, Any], path: str) -> Any:
    directive = patch.get(_DIRECTIVE, "merge")
    if directive not in ("merge", "replace", "delete"):
        raise UserError(f"templatePatch: unknown $patch directive {directive!r}", reason="InvalidTemplatePatch")
    if directive == "delete":
        return {}
    result = dict(present) if isinstance(present, dict) and directive == "merge" else {}
    for key, value in patch.items():
        if key == _DIRECTIVE or key.startswith(_IGNORED):
            continue
        if key.startswith(_DELETE_FROM):
            field = key.removeprefix(_DELETE_FROM)
            gone = value if isinstance(value, list) else []
            result[field] = [item for item in result.get(field) or [] if item not in gone]
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = _value(result.get(key), value, f"{path}.{key}")
    return result


def _value(present: Any, value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return value if path.endswith(_OPAQUE) else _merged(present, value, path)
    if path == ".metadata.finalizers" and isinstance(value, list) and isinstance(present, list):
        return [*present, *(item for item in value if item not in present)]
    return value
