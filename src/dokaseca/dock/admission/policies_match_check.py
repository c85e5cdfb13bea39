"""Rules of what a policy or a binding matches, and of the parameters that a binding names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from dokaseca.dock.admission.fields import Errors

_OPERATIONS: Final = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_PLURALS: Final = {"operations": "operations", "apiGroups": "API groups", "apiVersions": "API versions"}


def check(match: dict[str, Any], path: str, errors: Errors) -> None:
    """Report what is wrong with `matchConstraints` or `matchResources`."""
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


def check_reference(reference: dict[str, Any], errors: Errors) -> None:
    """Report what is wrong with a binding's `paramRef`."""
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
