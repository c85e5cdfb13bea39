"""Custom objects against their schema: types, required fields, enums, patterns, bounds and combinations.

Messages are those of k8s.io/kube-openapi/pkg/validation and apiextensions-apiserver.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from dokaseca.dock.admission.fields import Errors, show
from dokaseca.dock.crds import text_formats
from dokaseca.kit import regex

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
_UNKNOWN = "null"
_WHOLE: Final = 2.0**53  # where a float no longer tells one whole number from the next


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    """None where it does not compile."""
    try:
        return regex.compiled(pattern)
    except ValueError:
        return None


def broken_pattern_or_none(pattern: str) -> str | None:
    """Why a pattern does not compile, None for one that does."""
    try:
        regex.compiled(pattern)
    except ValueError as error:
        return str(error)
    return None


class Unknown:
    """There is no old value that could excuse a new one."""


UNKNOWN: Final = Unknown()


def check(value: Any, schema: dict[str, Any], path: str, errors: Errors, old: Any = UNKNOWN) -> None:
    """Report everything in `value` that `schema` refuses.

    Args:
        old: what stood there before. Where it is equal, nothing is reported: an object that broke no rule when it was
            written may keep what it has when the schema becomes stricter.
    """
    if old is not UNKNOWN and value == old:
        return
    if value is None:
        if not schema.get("nullable") and schema.get("type"):
            _wrong_type(path, value, schema["type"], errors)
        return
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            _wrong_type(path, value, "integer,string", errors)
            return
    elif not _has_type(value, schema.get("type")):
        _wrong_type(path, value, schema["type"], errors)
        return
    if "enum" in schema and value not in schema["enum"]:
        errors.unsupported(path, value, schema["enum"])
    if isinstance(value, dict):
        _check_object(value, schema, path, errors, old)
    elif isinstance(value, list):
        _check_list(value, schema, path, errors, old)
    elif isinstance(value, str):
        _check_text(value, schema, path, errors)
    elif not isinstance(value, bool):
        _check_number(value, schema, path, errors)
    _check_combinations(value, schema, path, errors)


def _has_type(value: Any, wanted: str | None) -> bool:
    if not wanted:
        return True
    if isinstance(value, bool):
        return wanted == "boolean"
    if not isinstance(value, _TYPES.get(wanted, (object,))):
        return False
    return wanted != "integer" or not isinstance(value, float) or value.is_integer()


def _wrong_type(path: str, value: Any, wanted: str, errors: Errors) -> None:
    name = _NAMES.get(type(value), _UNKNOWN)
    errors.type_invalid(path, name, f"{path} in body must be of type {wanted}: {show(name)}")


def _check_object(value: dict[str, Any], schema: dict[str, Any], path: str, errors: Errors, old: Any) -> None:
    has_old = isinstance(old, dict) and schema.get("x-kubernetes-map-type") != "atomic"
    for key in schema.get("required") or ():
        if key not in value:
            errors.required(f"{path}.{key}" if path else key)
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    for key, item in value.items():
        before = old.get(key, UNKNOWN) if has_old else UNKNOWN
        if key in properties:
            if path or key not in ("apiVersion", "kind", "metadata"):
                check(item, properties[key], f"{path}.{key}" if path else key, errors, before)
        elif isinstance(additional, dict):
            check(item, additional, f"{path}.{key}" if path else key, errors, before)
    count = len(value)
    if count < schema.get("minProperties", 0):
        detail = f"{path} in body should have at least {schema['minProperties']} properties"
        errors.invalid(path, value, detail)
    if count > schema.get("maxProperties", count):
        errors.too_many(path, count, schema["maxProperties"])


def _check_list(value: list[Any], schema: dict[str, Any], path: str, errors: Errors, old: Any) -> None:
    items = schema.get("items")
    if isinstance(items, dict):
        before = _by_key(schema, old)
        for index, item in enumerate(value):
            partner = before.get(_key(schema, item), UNKNOWN) if before else UNKNOWN
            check(item, items, f"{path}[{index}]", errors, partner)
    if len(value) < schema.get("minItems", 0):
        errors.invalid(path, value, f"{path} in body should have at least {schema['minItems']} items")
    if len(value) > schema.get("maxItems", len(value)):
        errors.too_many(path, len(value), schema["maxItems"])
    kind = schema.get("x-kubernetes-list-type")
    if kind == "set" or (kind == "map" and all(isinstance(item, dict) for item in value)):
        keys = schema.get("x-kubernetes-list-map-keys") or ()
        seen = set()
        for index, item in enumerate(value):
            identity = {key: item.get(key) for key in keys} if kind == "map" else item
            if show(identity) in seen:
                errors.duplicate(f"{path}[{index}]", identity)
            seen.add(show(identity))


def _by_key(schema: dict[str, Any], old: Any) -> dict[str, Any]:
    """The old elements by key, where the list has keys."""
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
        return {}
    return {_key(schema, item): item for item in old}


def _key(schema: dict[str, Any], item: Any) -> str:
    of = item if isinstance(item, dict) else {}
    return show([of.get(name) for name in schema.get("x-kubernetes-list-map-keys") or ()])


def _check_text(value: str, schema: dict[str, Any], path: str, errors: Errors) -> None:
    if len(value) < schema.get("minLength", 0):
        errors.invalid(path, value, f"{path} in body should be at least {schema['minLength']} chars long")
    if len(value) > schema.get("maxLength", len(value)):
        errors.too_long(path, schema["maxLength"])
    pattern = schema.get("pattern")
    if pattern:
        compiled = _compiled(pattern)
        if compiled is not None and not compiled.search(value):
            errors.invalid(path, value, f"{path} in body should match '{pattern}'")
    form = schema.get("format")
    if form and not text_formats.is_valid(form, value):
        errors.type_invalid(path, value, f"{path} in body must be of type {form}: {show(value)}")


def _check_number(value: int | float, schema: dict[str, Any], path: str, errors: Errors) -> None:
    minimum, maximum, step = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
    if minimum is not None:
        if schema.get("exclusiveMinimum") and value <= minimum:
            errors.invalid(path, value, f"{path} in body should be greater than {minimum}")
        elif value < minimum:
            errors.invalid(path, value, f"{path} in body should be greater than or equal to {minimum}")
    if maximum is not None:
        if schema.get("exclusiveMaximum") and value >= maximum:
            errors.invalid(path, value, f"{path} in body should be less than {maximum}")
        elif value > maximum:
            errors.invalid(path, value, f"{path} in body should be less than or equal to {maximum}")
    if step and not _is_multiple(value, step):
        errors.invalid(path, value, f"{path} in body should be a multiple of {step}")


def _is_multiple(value: int | float, step: int | float) -> bool:
    """Integers exactly; others as go-openapi does: a quotient that is a whole number but for a billionth of it."""
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    quotient = value / step
    if not abs(quotient) < _WHOLE:  # not so for infinity and NaN either
        return False
    return abs(quotient - round(quotient)) <= 1e-9 * abs(quotient)


def _check_combinations(value: Any, schema: dict[str, Any], path: str, errors: Errors) -> None:
    for part in schema.get("allOf") or ():
        check(value, part, path, errors)
    for field, sentence in (("anyOf", "at least"), ("oneOf", "one and only")):
        parts = schema.get(field)
        if not parts:
            continue
        count = sum(_passes(value, part, path) for part in parts)
        if count == 0 or (field == "oneOf" and count > 1):
            errors.invalid(path, value, f"{path} in body must validate {sentence} one schema ({field})")
    if "not" in schema and _passes(value, schema["not"], path):
        errors.invalid(path, value, f"{path} in body must not validate the schema (not)")


def _passes(value: Any, schema: dict[str, Any], path: str) -> bool:
    attempt = Errors()
    check(value, schema, path, attempt)
    return not attempt
