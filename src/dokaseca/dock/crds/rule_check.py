"""The rules of a definition as it is written: one that does not compile refuses it."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.cel.program import CompileError, Program
from dokaseca.dock.crds import rule_types, rules, views

_REASONS: Final = ("FieldValueRequired", "FieldValueInvalid", "FieldValueForbidden", "FieldValueDuplicate")
_MESSAGE_BYTES: Final = 2048
_BOOL: Final = ("BOOL", "DYN")
_TEXT: Final = ("STRING", "DYN")


def check(schema: dict[str, Any], path: str, errors: Errors, *, is_root: bool = True, broken: str = "") -> None:
    """Report every rule of a schema that cannot be used.

    Args:
        broken: the place above where old and new values lose each other, empty for none.
    """
    whole = views.with_meta(schema) if is_root or schema.get("x-kubernetes-embedded-resource") else schema
    for index, declared in enumerate(schema.get("x-kubernetes-validations") or ()):
        _check_rule(declared, whole, f"{path}.x-kubernetes-validations[{index}]", broken, errors)
    is_atomic = schema.get("x-kubernetes-map-type") == "atomic"
    inside = broken or (path if is_atomic else "")
    for name, below in (schema.get("properties") or {}).items():
        check(below, f"{path}.properties[{name}]", errors, is_root=False, broken=inside)
    items, additional = schema.get("items"), schema.get("additionalProperties")
    if isinstance(additional, dict):
        check(additional, f"{path}.additionalProperties", errors, is_root=False, broken=inside)
    if isinstance(items, dict):
        is_keyed = schema.get("x-kubernetes-list-type") == "map"
        below = broken if is_keyed else broken or f"{path}.items"
        check(items, f"{path}.items", errors, is_root=False, broken=below)


def _check_rule(declared: dict[str, Any], schema: dict[str, Any], path: str, broken: str, errors: Errors) -> None:
    text, message = declared.get("rule") or "", declared.get("message") or ""
    if not text.strip():
        errors.required(f"{path}.rule", "rule is not specified")
        return
    _check_words(declared, text, message, path, errors)
    reason = declared.get("reason")
    if reason is not None and reason not in _REASONS:
        errors.unsupported(f"{path}.reason", reason, _REASONS)
    field_path = declared.get("fieldPath") or ""
    if field_path and not _is_declared(field_path, schema):
        errors.invalid(
            f"{path}.fieldPath", field_path, "fieldPath must be a valid path: does not refer to a valid field"
        )
    try:
        rule = rules.compile_rule(declared)
    except CompileError as error:
        _refuse(declared, path, error, errors)
        return
    _check_program(rule.program, schema, f"{path}.rule", _shown(declared), _BOOL, errors)
    if rule.explain is not None:
        _check_program(rule.explain, schema, f"{path}.messageExpression", _shown(declared), _TEXT, errors)
    if rule.uses_old and broken:
        detail = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {broken}"
        errors.invalid(f"{path}.rule", _shown(declared), detail)
    if declared.get("optionalOldSelf") is not None and not rule.uses_old:
        detail = "may not be set if oldSelf is not used in rule"
        errors.invalid(f"{path}.optionalOldSelf", declared["optionalOldSelf"], detail)


def _check_words(declared: dict[str, Any], text: str, message: str, path: str, errors: Errors) -> None:
    if message and not message.strip():
        errors.invalid(f"{path}.message", message, "message must be non-empty if specified")
    elif "\n" in message.strip():
        errors.invalid(f"{path}.message", message, "message must not contain line breaks")
    elif len(message) > _MESSAGE_BYTES:
        errors.invalid(
            f"{path}.message", message[:10], f"message must have a maximum length of {_MESSAGE_BYTES} characters"
        )
    elif "\n" in text.strip() and not message.strip():
        errors.required(f"{path}.message", "message must be specified if rule contains line breaks")
    explain = declared.get("messageExpression") or ""
    if explain and not explain.strip():
        errors.required(f"{path}.messageExpression", "messageExpression must be non-empty if specified")


def _refuse(declared: dict[str, Any], path: str, error: CompileError, errors: Errors) -> None:
    """Say which of the two expressions does not compile."""
    place, detail = "rule", str(error)
    try:
        rules.compile_rule({key: value for key, value in declared.items() if key != "messageExpression"})
        place = "messageExpression"
    except CompileError:
        pass
    errors.invalid(f"{path}.{place}", _shown(declared), f"compilation failed: {detail}")


def _check_program(
    program: Program, schema: dict[str, Any], path: str, shown: dict[str, Any], wanted: tuple[str, ...], errors: Errors
) -> None:
    unknown = rule_types.undefined_fields(program.tree, {"self": schema, "oldSelf": schema})
    if unknown:
        detail = rule_types.describe(program.expression, unknown)
        errors.invalid(path, shown, f"compilation failed: {detail}")
    elif program.result not in wanted:
        kind = "a bool" if wanted is _BOOL else "a string"
        errors.invalid(path, shown, f"must evaluate to {kind}")


def _shown(declared: dict[str, Any]) -> dict[str, Any]:
    """A rule as the server prints its own form of it."""
    return {
        "Rule": declared.get("rule") or "",
        "Message": declared.get("message") or "",
        "MessageExpression": declared.get("messageExpression") or "",
        "Reason": declared.get("reason"),
        "FieldPath": declared.get("fieldPath") or "",
        "OptionalOldSelf": declared.get("optionalOldSelf"),
    }


def _is_declared(field_path: str, schema: dict[str, Any]) -> bool:
    below: Any = schema
    for step in rules.suffix_of(field_path).replace("[", ".").replace("]", "").split("."):
        if not step or not isinstance(below, dict):
            return False
        below = (below.get("properties") or {}).get(step) or below.get("additionalProperties")
    return isinstance(below, dict)
