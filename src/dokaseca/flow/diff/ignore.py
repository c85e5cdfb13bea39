"""`ignoreDifferences`: what a user declares not to be drift. Pure (B11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dokaseca.flow.diff import jq_paths, owned
from dokaseca.kit import globs
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest


def rules_for(target: Manifest, entries: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The entries that speak of this object: group and kind are globs, name and namespace exact or empty."""
    key = manifests.key(target)
    return tuple(
        entry
        for entry in entries
        if globs.matches(str(entry.get("group") or ""), key.group)
        and globs.matches(str(entry.get("kind") or ""), key.kind)
        and entry.get("name") in (None, "", key.name)
        and entry.get("namespace") in (None, "", key.namespace)
    )


def without(manifest: Manifest, live: Manifest, rules: Iterable[Mapping[str, Any]]) -> Manifest:
    """`manifest` with every ignored field removed.

    Args:
        live: the object whose managedFields name the fields of ignored managers.

    Raises:
        UserError: a pointer is none, or a jq expression does not compile or does more than lead to fields.
    """
    for rule in rules:
        for pointer in rule.get("jsonPointers") or ():
            manifest = _without_path(manifest, _steps(str(pointer)))
        for expression in rule.get("jqPathExpressions") or ():
            rest = jq_paths.delete(manifest, str(expression))
            manifest = rest if isinstance(rest, dict) else manifest
        for manager in rule.get("managedFieldsManagers") or ():
            for path in owned.held(live, str(manager)):
                manifest = _without_path(manifest, list(path))
    return manifest


def _steps(pointer: str) -> list[Any]:
    if not pointer.startswith("/"):
        raise UserError(
            f"JSON pointer {pointer!r} does not begin with a slash; write for example /spec/replicas in "
            "spec.ignoreDifferences",
            reason="InvalidJsonPointer",
        )
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _without_path(value: Any, steps: list[Any]) -> Any:
    """A copy of `value` without what `steps` leads to; `value` itself when nothing is there."""
    step, rest = steps[0], steps[1:]
    if isinstance(value, list):
        index = _index_or_none(value, step)
        if index is None:
            return value
        if not rest:
            return [*value[:index], *value[index + 1 :]]
        return [*value[:index], _without_path(value[index], rest), *value[index + 1 :]]
    if not isinstance(value, dict) or not isinstance(step, str) or step not in value:
        return value
    if not rest:
        return {name: inner for name, inner in value.items() if name != step}
    return {**value, step: _without_path(value[step], rest)}


def _index_or_none(items: list[Any], step: Any) -> int | None:
    if isinstance(step, str):
        is_index = step.isascii() and step.isdigit() and len(step) < 6
        return int(step) if is_index and int(step) < len(items) else None
    return next((number for number, item in enumerate(items) if owned.is_item(item, step)), None)
