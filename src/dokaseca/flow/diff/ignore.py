"""`ignoreDifferences`: what a user declares not to be drift. Pure (B11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from dokaseca.flow.diff import owned
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

_FORBIDDEN_JQ = ("env", "$ENV", "input", "inputs", "debug", "stderr", "halt", "$__prog_args")


def rules_for(target: Manifest, entries: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The entries that speak of this object: group and kind are globs, name and namespace exact or empty."""
    key = manifests.key(target)
    return tuple(
        entry
        for entry in entries
        if fnmatchcase(key.group, str(entry.get("group") or ""))
        and fnmatchcase(key.kind, str(entry.get("kind") or "*"))
        and entry.get("name") in (None, "", key.name)
        and entry.get("namespace") in (None, "", key.namespace)
    )


def without(manifest: Manifest, live: Manifest, rules: Iterable[Mapping[str, Any]]) -> Manifest:
    """`manifest` with every ignored field removed.

    Args:
        live: the object whose managedFields name the fields of ignored managers.

    Raises:
        UserError: a jq expression does not compile or asks for the environment.
    """
    for rule in rules:
        for pointer in rule.get("jsonPointers") or ():
            manifest = _without_path(manifest, _steps(str(pointer)))
        for expression in rule.get("jqPathExpressions") or ():
            manifest = _without_jq(manifest, str(expression))
        for manager in rule.get("managedFieldsManagers") or ():
            for path in owned.leaves(live, str(manager)):
                manifest = _without_path(manifest, list(path))
    return manifest


def _steps(pointer: str) -> list[Any]:
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
        return int(step) if step.isdigit() and int(step) < len(items) else None
    return next((number for number, item in enumerate(items) if owned.is_set([item], (step,))), None)


def _without_jq(manifest: Manifest, expression: str) -> Manifest:
    import jq

    if any(word in expression for word in _FORBIDDEN_JQ):
        raise UserError(
            f"jq expression {expression!r} uses a function that is not allowed here; name paths only",
            reason="InvalidJq",
        )
    try:
        program = jq.compile(f"del({expression})")
    except ValueError as error:
        raise UserError(f"jq expression {expression!r} does not compile: {error}", reason="InvalidJq") from error
    try:
        result = program.input_value(manifest).first()
    except ValueError:  # Argo CD: a path that does not fit this object is no error
        return manifest
    return result if isinstance(result, dict) else manifest
