"""What a schema must be for the server to prune and default by it (apiextensions-apiserver/pkg/apiserver/schema)."""

from __future__ import annotations

import copy
import re
from typing import Any, Final

from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.crds import pruning, validation

_EMPTY: Final = {"root": "must not be empty at the root", "items": "must not be empty for specified array items",
                 "field": "must not be empty for specified object fields"}  # fmt: skip
_TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
_INT_OR_STRING: Final = [{"type": "integer"}, {"type": "string"}]
# What may stand only where the shape of the value is declared, never inside allOf, anyOf, oneOf and not.
_NESTED: Final = {
    "type": "must be empty to be structural",
    "additionalProperties": "must be undefined to be structural",
    "default": "must be undefined to be structural",
    "title": "must be empty to be structural",
    "description": "must be empty to be structural",
    "nullable": "must be false to be structural",
    "externalDocs": "must be undefined to be structural",
    "x-kubernetes-preserve-unknown-fields": "must be false to be structural",
    "x-kubernetes-embedded-resource": "must be false to be structural",
    "x-kubernetes-int-or-string": "must be false to be structural",
    "x-kubernetes-list-map-keys": "must be empty to be structural",
    "x-kubernetes-list-type": "must be undefined to be structural",
    "x-kubernetes-map-type": "must be undefined to be structural",
    "x-kubernetes-validations": "must be empty to be structural",
}
_FORBIDDEN: Final = {
    "definitions": "definitions is not supported",
    "dependencies": "dependencies is not supported",
    "$ref": "$ref is not supported",
    "patternProperties": "patternProperties is not supported",
    "additionalItems": "additionalItems is not supported",
    "id": "id is not supported",
    "$schema": "schema is not supported",
}


def check(schema: dict[str, Any], path: str, errors: Errors) -> None:
    """Report where a schema is not structural, or asks for what the server does not do."""
    _level(schema, path, "root", errors)


def _level(schema: dict[str, Any], path: str, level: str, errors: Errors) -> None:
    items, additional = schema.get("items"), schema.get("additionalProperties")
    properties = schema.get("properties") or {}
    kind = schema.get("type") or ""
    _check_type(schema, kind, path, level, errors)
    _check_forbidden(schema, path, errors)
    if isinstance(items, list):
        errors.forbidden(f"{path}.items", "items must be a schema object and not an array")
    elif kind == "array" and items is None:
        errors.required(f"{path}.items", "must be specified")
    if additional is not None and level == "root":
        errors.forbidden(f"{path}.additionalProperties", "must not be used at the root")
    if additional and properties:
        errors.forbidden(f"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive")
    _check_extensions(schema, kind, path, errors)
    if level == "root" or schema.get("x-kubernetes-embedded-resource"):
        _check_meta(properties, path, level, errors)
    _check_values(schema, path, errors, is_nested=False)
    if "default" in schema:
        _check_default(schema, path, level, errors)
    for name, below in properties.items():
        _level(below, f"{path}.properties[{name}]", "field", errors)
    if isinstance(items, dict):
        _level(items, f"{path}.items", "items", errors)
    if isinstance(additional, dict):
        _level(additional, f"{path}.additionalProperties", "field", errors)


def _check_type(schema: dict[str, Any], kind: str, path: str, level: str, errors: Errors) -> None:
    is_free = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if schema.get("x-kubernetes-embedded-resource") and kind != "object":
        detail = "must be object if x-kubernetes-embedded-resource is true"
        if kind:
            errors.invalid(f"{path}.type", kind, detail)
        else:
            errors.required(f"{path}.type", detail)
    elif not kind and not is_free:
        errors.required(f"{path}.type", _EMPTY[level])
    elif kind and kind not in _TYPES:
        errors.unsupported(f"{path}.type", kind, _TYPES)
    if level == "root" and kind and kind != "object":
        errors.invalid(f"{path}.type", kind, "must be object at the root")
    if schema.get("x-kubernetes-int-or-string") and kind:
        errors.invalid(f"{path}.type", kind, "must be empty if x-kubernetes-int-or-string is true")


def _check_forbidden(schema: dict[str, Any], path: str, errors: Errors) -> None:
    for name, detail in _FORBIDDEN.items():
        if schema.get(name):
            errors.forbidden(f"{path}.{name}", detail)
    if schema.get("uniqueItems"):
        errors.forbidden(
            f"{path}.uniqueItems",
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
        )
    if schema.get("additionalProperties") is False:
        errors.forbidden(f"{path}.additionalProperties", "additionalProperties cannot be set to false")


def _check_extensions(schema: dict[str, Any], kind: str, path: str, errors: Errors) -> None:
    is_embedded = schema.get("x-kubernetes-embedded-resource")
    keeps = schema.get("x-kubernetes-preserve-unknown-fields")
    if keeps is False:
        errors.invalid(f"{path}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined")
    if schema.get("x-kubernetes-int-or-string"):
        for name, value in (("preserve-unknown-fields", keeps), ("embedded-resource", is_embedded)):
            if value:
                detail = "must be false if x-kubernetes-int-or-string is true"
                errors.invalid(f"{path}.x-kubernetes-{name}", True, detail)
    if is_embedded:
        if schema.get("additionalProperties"):
            detail = "must not be used if x-kubernetes-embedded-resource is set"
            errors.forbidden(f"{path}.additionalProperties", detail)
        if not keeps and not schema.get("properties"):
            detail = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"  # noqa: E501 - the server's sentence
            errors.required(f"{path}.properties", detail)
    _check_list_type(schema, kind, path, errors)
    map_type = schema.get("x-kubernetes-map-type")
    if map_type is not None:
        if kind != "object":
            errors.invalid(f"{path}.type", kind, "must be object if x-kubernetes-map-type is specified")
        if map_type not in ("atomic", "granular"):
            errors.unsupported(f"{path}.x-kubernetes-map-type", map_type, ("atomic", "granular"))


def _check_list_type(schema: dict[str, Any], kind: str, path: str, errors: Errors) -> None:
    list_type, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    items = schema.get("items")
    items = items if isinstance(items, dict) else {}
    if list_type is not None:
        if kind != "array":
            errors.invalid(f"{path}.type", kind, "must be array if x-kubernetes-list-type is specified")
        if list_type not in ("atomic", "set", "map"):
            errors.unsupported(f"{path}.x-kubernetes-list-type", list_type, ("atomic", "set", "map"))
    if list_type == "map" and not keys:
        errors.required(f"{path}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")
    if list_type != "map" and keys:
        errors.invalid(
            f"{path}.x-kubernetes-list-type", list_type, "must be map if x-kubernetes-list-map-keys is non-empty"
        )
    if list_type == "map" and items.get("type") != "object":
        errors.invalid(
            f"{path}.items.type",
            items.get("type") or "",
            "must be object if parent array's x-kubernetes-list-type is map",
        )
    properties = items.get("properties") or {}
    for index, key in enumerate(keys):
        place = f"{path}.x-kubernetes-list-map-keys[{index}]"
        if key not in properties:
            errors.invalid(place, key, "entries must all be names of item properties")
        elif properties[key].get("type") in ("array", "object"):
            detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            errors.invalid(f"{path}.items.properties[{key}].type", properties[key]["type"], detail)
        elif "default" not in properties[key] and key not in (items.get("required") or ()):
            detail = (
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            )
            errors.required(f"{path}.items.properties[{key}].default", detail)
        if key in keys[:index]:
            errors.duplicate(place, key)


def _check_meta(properties: dict[str, Any], path: str, level: str, errors: Errors) -> None:
    for name in ("apiVersion", "kind"):
        kind = (properties.get(name) or {}).get("type") or ""
        if name in properties and kind != "string":
            errors.invalid(f"{path}.properties[{name}].type", kind, "must be string")
    metadata = properties.get("metadata")
    if metadata is None:
        return
    if metadata.get("type") != "object":
        errors.invalid(f"{path}.properties[metadata].type", metadata.get("type") or "", "must be object")
    if level != "root":
        return
    rest = {key for key, value in metadata.items() if value and key not in ("type", "properties", "description")}
    if rest or set(metadata.get("properties") or {}) - {"name", "generateName"}:
        detail = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        errors.forbidden(f"{path}.properties[metadata]", detail)


def _check_values(schema: dict[str, Any], path: str, errors: Errors, *, is_nested: bool) -> None:
    """Everything that restricts values without declaring their shape."""
    pattern = schema.get("pattern")
    if pattern and (why := validation.broken_pattern_or_none(pattern)) is not None:
        detail = f"must be a valid regular expression, but isn't: {why}"
        errors.invalid(f"{path}.pattern", pattern, detail)
    may_type = bool(schema.get("x-kubernetes-int-or-string")) and not is_nested
    for name in ("allOf", "anyOf", "oneOf"):
        for index, part in enumerate(schema.get(name) or ()):
            place = f"{path}.{name}[{index}]"
            if may_type and _is_int_or_string(schema, name, index):
                continue
            _nested(part, schema, place, errors)
    if isinstance(schema.get("not"), dict):
        _nested(schema["not"], schema, f"{path}.not", errors)


def _is_int_or_string(schema: dict[str, Any], name: str, index: int) -> bool:
    """The one place where a combination may name types: to say that both are meant."""
    if name == "anyOf":
        return bool(schema["anyOf"] == _INT_OR_STRING)
    return name == "allOf" and index == 0 and schema["allOf"][0] == {"anyOf": _INT_OR_STRING}


def _nested(part: dict[str, Any], shape: dict[str, Any], path: str, errors: Errors) -> None:
    for name, detail in _NESTED.items():
        if part.get(name) or (name == "default" and name in part):
            errors.forbidden(f"{path}.{name}", detail)
    _check_values(part, path, errors, is_nested=True)
    declared = shape.get("properties") or {}
    for name, below in (part.get("properties") or {}).items():
        place = f"{path}.properties[{name}]"
        if name == "metadata":
            errors.forbidden(place, "must not be specified in a nested context")
        elif name not in declared and not shape.get("x-kubernetes-preserve-unknown-fields"):
            errors.required(_outside(place), f"because it is defined in {place}")
        _nested(below, declared.get(name) or {"x-kubernetes-preserve-unknown-fields": True}, place, errors)
    if isinstance(part.get("items"), dict):
        items = shape.get("items")
        shown = items if isinstance(items, dict) else {"x-kubernetes-preserve-unknown-fields": True}
        _nested(part["items"], shown, f"{path}.items", errors)


def _outside(place: str) -> str:
    """Where a field that only a combination names should be declared: the same path without the combinations."""
    return re.sub(r"\.(allOf|anyOf|oneOf)\[\d+\]|\.not(?=\.|$)", "", place)


def _check_default(schema: dict[str, Any], path: str, level: str, errors: Errors) -> None:
    """A default is pruned, complete and valid by its own schema."""
    if level == "root":
        errors.forbidden(f"{path}.default", "must not be set at the root")
        return
    value = copy.deepcopy(schema["default"])
    is_resource = bool(schema.get("x-kubernetes-embedded-resource"))
    if pruning.prune(value, schema, is_root=is_resource):
        errors.invalid(f"{path}.default", schema["default"], "must not have unknown fields")
        return
    pruning.default(value, schema)
    validation.check(value, schema, f"{path}.default", errors)
