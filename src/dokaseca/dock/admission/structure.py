"""Built-in kinds as the server decodes them: unknown fields and nulls dropped, wrong types refused.

The shapes come from the OpenAPI schemas of a real server; each is compiled when an object of its kind is first written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dokaseca.dock.data import tables
from dokaseca.model.manifest import Manifest

_INDEX = re.compile(r"\[\d+\]")
_PREFIX = "#/components/schemas/"
_GO = {"string": "string", "integer": "int64", "boolean": "bool", "number": "float64"}
# Components that hold any JSON value: nothing below them is known, nothing is dropped.
_OPEN = frozenset({"RawExtension", "JSON", "FieldsV1", "Patch"})
# Components that hold a schema, or something else in its place.
_SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
_OR_SCHEMA: dict[str, type] = {"JSONSchemaPropsOrArray": list, "JSONSchemaPropsOrBool": bool}


@dataclass(slots=True, eq=False)
class Shape:
    """What a value may be: `kind` is object, map, array, scalar, any, schema (or `instead` of one) or
    component (named, compiled when first met)."""

    kind: str = "any"
    name: str = ""
    go_type: str = ""
    accepts: tuple[type, ...] = ()
    fields: dict[str, Shape] = field(default_factory=dict)
    items: Shape | None = None
    instead: type = dict


@dataclass(slots=True)
class Findings:
    """What decoding saw: paths of unknown fields, and the first value of a wrong type."""

    unknown: list[str] = field(default_factory=list)
    mistyped: str = ""


@cache
def _component(name: str) -> Shape:
    shape = Shape()
    _fill(shape, tables.schemas()[name], name.rsplit(".", 1)[-1])
    return shape


def _fill(shape: Shape, schema: dict[str, Any], name: str) -> None:
    shape.name = name
    kind = schema.get("type")
    if name in _OPEN:
        return
    if name in _OR_SCHEMA:
        shape.kind, shape.instead, shape.items = "schema", _OR_SCHEMA[name], Shape("component", _SCHEMA)
    elif name == "IntOrString":
        shape.kind, shape.go_type, shape.accepts = "scalar", "intstr.IntOrString", (int, str)
    elif name == "Quantity":
        shape.kind, shape.go_type, shape.accepts = "scalar", "resource.Quantity", (str, int, float)
    elif "properties" in schema:
        shape.kind = "object"
        shape.fields = {key: _of(value, f"{name}.{key}") for key, value in schema["properties"].items()}
    elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        shape.kind, shape.items = "map", _of(schema["additionalProperties"], name)
    elif kind == "array":
        shape.kind, shape.items = "array", _of(schema.get("items", {}), name)
    elif kind in _GO:
        shape.kind, shape.go_type = "scalar", _GO[kind]
        shape.accepts = {"string": (str,), "integer": (int,), "boolean": (bool,), "number": (int, float)}[kind]
        if schema.get("format") == "int32":
            shape.go_type = "int32"


def _of(schema: dict[str, Any], name: str) -> Shape:
    reference = schema.get("$ref") or next((part["$ref"] for part in schema.get("allOf", ()) if "$ref" in part), "")
    if reference:
        return Shape(kind="component", name=reference.removeprefix(_PREFIX))
    shape = Shape()
    _fill(shape, schema, name)
    return shape


def of_kind_or_none(group: str, version: str, kind: str) -> Shape | None:
    """The shape of a built-in kind."""
    name = tables.schema_names().get((group, version, kind))
    return _component(name) if name else None


def conform(manifest: Manifest, shape: Shape) -> Findings:
    """Drop unknown fields and nulls from `manifest` in place and report them."""
    findings = Findings()
    _walk(manifest, shape, "", findings)
    return findings


def _walk(value: Any, shape: Shape, path: str, findings: Findings) -> None:
    kind = shape.kind
    if kind == "component":
        shape = _component(shape.name)
        kind = shape.kind
    if kind == "scalar":
        if not isinstance(value, shape.accepts) or (isinstance(value, bool) and bool not in shape.accepts):
            _mistyped(value, shape, path, findings)
    elif kind == "object":
        if isinstance(value, dict):
            _walk_object(value, shape, path, findings)
        else:
            _mistyped(value, shape, path, findings)
    elif kind == "array":
        if not isinstance(value, list):
            _mistyped(value, shape, path, findings)
        elif shape.items is not None and shape.items.kind != "any":
            for index, item in enumerate(value):
                _walk(item, shape.items, f"{path}[{index}]", findings)
    elif kind == "map":
        _walk_map(value, shape, path, findings)
    elif kind == "schema":
        _walk_schema(value, shape, path, findings)


def _walk_object(value: dict[str, Any], shape: Shape, path: str, findings: Findings) -> None:
    fields = shape.fields
    dropped = []
    for key, item in value.items():
        below = fields.get(key)
        if below is None:
            dropped.append(key)
            findings.unknown.append(f"{path}.{key}" if path else key)
        elif item is None:
            dropped.append(key)
        elif type(item) in below.accepts:  # most fields are texts and numbers: no call for those
            continue
        elif below.kind != "any":
            _walk(item, below, f"{path}.{key}" if path else key, findings)
    for key in dropped:
        del value[key]


def _walk_schema(value: Any, shape: Shape, path: str, findings: Findings) -> None:
    assert shape.items is not None
    if isinstance(value, dict):
        _walk(value, shape.items, path, findings)
    elif not isinstance(value, shape.instead):
        _mistyped(value, shape, path, findings)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, shape.items, f"{path}[{index}]", findings)


def _walk_map(value: Any, shape: Shape, path: str, findings: Findings) -> None:
    if not isinstance(value, dict):
        _mistyped(value, shape, path, findings)
        return
    items = shape.items
    if items is None or items.kind == "any":
        return
    for key, item in value.items():
        if item is None and items.accepts == (str,):
            value[key] = ""
        else:
            _walk(item, items, path if items.kind == "scalar" else f"{path}.{key}", findings)


def _mistyped(value: Any, shape: Shape, path: str, findings: Findings) -> None:
    if findings.mistyped:
        return
    if isinstance(value, bool):
        got = "bool"
    elif isinstance(value, str):
        got = "string"
    elif isinstance(value, (int, float)):
        got = "number"
    else:
        got = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "null"
    wanted = shape.go_type or {"map": "map[string]string", "array": "[]" + shape.name}.get(
        shape.kind, "v1." + shape.name
    )
    # as encoding/json words it: the struct that holds the field, and the path to it without indexes and map keys
    where = f"{shape.name.partition('.')[0] or 'Object'}.{_INDEX.sub('', path)}"
    findings.mistyped = f"json: cannot unmarshal {got} into Go struct field {where} of type {wanted}"


def metadata() -> Shape:
    """The shape of `metadata`, the same for every kind."""
    return _component("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
