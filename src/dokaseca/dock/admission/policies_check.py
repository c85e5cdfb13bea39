"""Rules of ValidatingAdmissionPolicy and its binding (pkg/apis/admissionregistration/validation)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.admission.policies_program import NAMES
from dokaseca.dock.cel.program import CompileError, Program
from dokaseca.model.manifest import Manifest

_REASONS: Final = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")
_OPERATIONS: Final = ("*", "CREATE", "UPDATE", "DELETE", "CONNECT")
_ACTIONS: Final = ("Audit", "Deny", "Warn")
_AUTHORIZER: Final = "the variable `authorizer` is not supported by this server; compare request.userInfo instead"
_CONDITIONS: Final = 64
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_policy(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Report what is wrong with a policy."""
    spec = manifest.get("spec") or {}
    if old is not None and spec == old.get("spec"):
        return
    if spec.get("failurePolicy") not in ("Fail", "Ignore"):
        errors.unsupported("spec.failurePolicy", spec.get("failurePolicy"), ("Fail", "Ignore"))
    kind = spec.get("paramKind")
    if kind is not None:
        for field in ("apiVersion", "kind"):
            if not kind.get(field):
                errors.required(f"spec.paramKind.{field}")
    constraints = spec.get("matchConstraints")
    if constraints is None:
        errors.required("spec.matchConstraints")
    else:
        if not constraints.get("resourceRules"):
            errors.required("spec.matchConstraints.resourceRules")
        _check_match(constraints, "spec.matchConstraints", errors)
    _check_conditions(spec.get("matchConditions") or [], errors)
    _check_validations(spec, _check_variables(spec.get("variables") or [], errors), errors)


def _check_conditions(conditions: list[dict[str, Any]], errors: Errors) -> None:
    seen = set()
    if len(conditions) > _CONDITIONS:
        errors.too_many("spec.matchConditions", len(conditions), _CONDITIONS)
    for index, condition in enumerate(conditions):
        path = f"spec.matchConditions[{index}]"
        _compile(condition.get("expression"), dict.fromkeys(NAMES, "DYN"), f"{path}.expression", "BOOL", errors)
        if not condition.get("name"):
            errors.required(f"{path}.name")
        elif condition["name"] in seen:
            errors.duplicate(f"{path}.name", condition["name"])
        seen.add(condition.get("name"))


def _check_variables(variables: list[dict[str, Any]], errors: Errors) -> dict[str, str]:
    """Names and types that validations may read, as far as they are right."""
    known = dict.fromkeys(NAMES, "DYN")
    for index, variable in enumerate(variables):
        path, name = f"spec.variables[{index}]", variable.get("name") or ""
        if not name:
            errors.required(f"{path}.name", "name is not specified")
        elif not _IDENTIFIER.fullmatch(name):
            errors.invalid(f"{path}.name", name, "name is not a valid CEL identifier")
        elif f"variables.{name}" in known:
            errors.duplicate(f"{path}.name", name)
        program = _compile(variable.get("expression"), known, f"{path}.expression", "", errors)
        result = program.result if program is not None else ""
        known[f"variables.{name}"] = result if result in ("TIMESTAMP", "DURATION") else "DYN"
    return known


def _check_validations(spec: dict[str, Any], known: dict[str, str], errors: Errors) -> None:
    validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not annotations:
        detail = "validations or auditAnnotations must contain at least one item"
        errors.required("spec.validations", detail)
        errors.required("spec.auditAnnotations", detail)
    for index, validation in enumerate(validations):
        path, message = f"spec.validations[{index}]", validation.get("message") or ""
        expression = validation.get("expression") or ""
        _compile(expression, known, f"{path}.expression", "BOOL", errors)
        if validation.get("messageExpression"):
            _compile(validation["messageExpression"], known, f"{path}.messageExpression", "STRING", errors)
        if message and not message.strip():
            errors.invalid(f"{path}.message", message, "message must be non-empty if specified")
        elif "\n" in message.strip():
            errors.invalid(f"{path}.message", message, "message must not contain line breaks")
        elif "\n" in expression.strip() and not message:
            errors.required(f"{path}.message", "message must be specified if expression contains line breaks")
        if validation.get("reason") and validation["reason"] not in _REASONS:
            errors.unsupported(f"{path}.reason", validation["reason"], _REASONS)
    for index, annotation in enumerate(annotations):
        path = f"spec.auditAnnotations[{index}]"
        if not annotation.get("key"):
            errors.required(f"{path}.key")
        _compile(annotation.get("valueExpression"), known, f"{path}.valueExpression", "STRING", errors)


def _compile(text: str | None, known: dict[str, str], path: str, wanted: str, errors: Errors) -> Program | None:
    if not (text or "").strip():
        errors.required(path, f"{path.rpartition('.')[2]} is not specified")
        return None
    assert text is not None
    try:
        program = Program(text, known)
    except CompileError as error:
        is_authorizer = "undeclared reference to 'authorizer" in str(error)
        errors.invalid(path, text, _AUTHORIZER if is_authorizer else f"compilation failed: {error}")
        return None
    if wanted and program.result not in (wanted, "DYN") and not (wanted == "STRING" and program.result == "NULL"):
        errors.invalid(path, text, f"must evaluate to {wanted.lower()}")
    return program


def _check_match(match: dict[str, Any], path: str, errors: Errors) -> None:
    for field in ("resourceRules", "excludeResourceRules"):
        for index, rule in enumerate(match.get(field) or ()):
            place = f"{path}.{field}[{index}]"
            for name in ("operations", "apiGroups", "apiVersions", "resources"):
                values = rule.get(name) or []
                if not values:
                    errors.required(f"{place}.{name}")
                elif "*" in values and len(values) > 1 and name != "resources":
                    detail = f"if '*' is present, must not specify other {_PLURALS[name]}"
                    errors.invalid(f"{place}.{name}", values, detail)
            for number, operation in enumerate(rule.get("operations") or ()):
                if operation not in _OPERATIONS:
                    errors.unsupported(f"{place}.operations[{number}]", operation, _OPERATIONS)
            if rule.get("scope") not in (None, "*", "Cluster", "Namespaced"):
                errors.unsupported(f"{place}.scope", rule["scope"], ("*", "Cluster", "Namespaced"))
    if match.get("matchPolicy") not in (None, "Exact", "Equivalent"):
        errors.unsupported(f"{path}.matchPolicy", match["matchPolicy"], ("Equivalent", "Exact"))
    for field in ("namespaceSelector", "objectSelector"):
        _check_selector(match.get(field) or {}, f"{path}.{field}", errors)


_PLURALS: Final = {"operations": "operations", "apiGroups": "API groups", "apiVersions": "API versions"}


def _check_selector(selector: dict[str, Any], path: str, errors: Errors) -> None:
    operators: Iterable[str] = ("In", "NotIn", "Exists", "DoesNotExist")
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        place, operator = f"{path}.matchExpressions[{index}]", expression.get("operator")
        values = expression.get("values") or ()
        if not expression.get("key"):
            errors.required(f"{place}.key")
        if operator in ("In", "NotIn") and not values:
            errors.required(f"{place}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist") and values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.forbidden(f"{place}.values", detail)
        elif operator not in operators:
            errors.invalid(f"{place}.operator", operator or "", "not a valid selector operator")


def check_binding(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Report what is wrong with a binding."""
    del old
    spec = manifest.get("spec") or {}
    if not spec.get("policyName"):
        errors.required("spec.policyName")
    actions = spec.get("validationActions") or []
    if not actions:
        errors.required("spec.validationActions", "at least one validation action is required")
    for index, action in enumerate(actions):
        if action not in _ACTIONS:
            errors.unsupported(f"spec.validationActions[{index}]", action, _ACTIONS)
        elif action in actions[:index]:
            errors.duplicate(f"spec.validationActions[{index}]", action)
    if "Deny" in actions and "Warn" in actions:
        detail = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"  # noqa: E501 - the server's sentence
        errors.invalid("spec.validationActions", sorted(actions), detail)
    reference = spec.get("paramRef")
    if reference is not None:
        _check_reference(reference, errors)
    if spec.get("matchResources"):
        _check_match(spec["matchResources"], "spec.matchResources", errors)


def _check_reference(reference: dict[str, Any], errors: Errors) -> None:
    has_name, has_selector = bool(reference.get("name")), reference.get("selector") is not None
    if has_name and has_selector:
        errors.forbidden("spec.paramRef.name", "name and selector are mutually exclusive")
        errors.forbidden("spec.paramRef.selector", "name and selector are mutually exclusive")
    elif not has_name and not has_selector:
        errors.required("spec.paramRef", "one of name or selector must be specified")
    if has_selector:
        _check_selector(reference["selector"], "spec.paramRef.selector", errors)
    action = reference.get("parameterNotFoundAction")
    if action is None:
        errors.required("spec.paramRef.parameterNotFoundAction")
    elif action not in ("Allow", "Deny"):
        errors.unsupported("spec.paramRef.parameterNotFoundAction", action, ("Deny", "Allow"))
