"""Derive dock's table of list types, map types and merge keys from an API server's OpenAPI v3 schemas.

Run as `python tools/derive_list_types.py ../shared/data/openapi-schemas-1.36.json.gz`; writes
src/dokaseca/dock/data/list_types.json. Only what server-side apply and strategic merge ask is kept: scalars are out.

A field's entry is a type name, or an object with: `type` (a type name), `list` (atomic, set, map), `keys`, `defaults`
(of keys), `items` and `values` (entries), `map` (granular, atomic), `merge_key`, `strategy`, `always` (an empty value
that Go prints anyhow).
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).resolve().parent.parent / "src/dokaseca/dock/data/list_types.json"
PREFIXES = ("io.k8s.api.", "io.k8s.apimachinery.pkg.apis.", "io.k8s.apiextensions-apiserver.pkg.apis.", "io.k8s.")


def short(reference: str) -> str:
    """A type's name without the prefix that all of its family share."""
    name = reference.rsplit("/", 1)[-1]
    for prefix in PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


class Table:
    """Collects the types that the kinds reach."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = {short(name): schema for name, schema in schemas.items()}
        self.types: dict[str, dict[str, Any]] = {}

    def add(self, name: str) -> None:
        if name in self.types:
            return
        schema = self.schemas[name]
        entry: dict[str, Any] = {}
        self.types[name] = entry
        if schema.get("x-kubernetes-map-type") == "atomic" or self.is_opaque(schema):
            entry["atomic"] = True
        required = set(schema.get("required", ()))
        fields = {}
        for field, value in sorted(schema.get("properties", {}).items()):
            described = self.describe(value, is_required=field in required)
            if described is not None:
                fields[field] = described
        if fields:
            entry["fields"] = fields

    def is_opaque(self, schema: dict[str, Any]) -> bool:
        """An object without a word on its content (RawExtension, JSON, FieldsV1): Kubernetes calls it untyped."""
        return (
            not ({"properties", "additionalProperties", "oneOf"} & set(schema))
            and schema.get("type", "object") == "object"
        )

    def describe(self, schema: dict[str, Any], *, is_required: bool = False) -> Any:
        reference = schema.get("$ref") or next((one.get("$ref") for one in schema.get("allOf", ())), None)
        entry: dict[str, Any] = {}
        if reference:
            name = short(reference)
            if not self.is_structured(self.schemas[name]):
                return None
            self.add(name)
            entry["type"] = name
            if schema.get("x-kubernetes-map-type") == "atomic":
                entry["map"] = "atomic"
            if schema.get("default") == {}:
                entry["always"] = True
        elif schema.get("type") == "array":
            entry = self.describe_list(schema)
            if is_required:
                entry["always"] = True
        elif schema.get("type") == "object":
            entry["map"] = "atomic" if self.is_opaque(schema) else schema.get("x-kubernetes-map-type", "granular")
            values = self.describe(schema.get("additionalProperties") or {"type": "string"})
            if values is not None:
                entry["values"] = values
        else:
            return None
        if schema.get("x-kubernetes-patch-strategy"):
            entry["strategy"] = schema["x-kubernetes-patch-strategy"].split(",")
        return entry["type"] if set(entry) == {"type"} else entry

    def is_structured(self, schema: dict[str, Any]) -> bool:
        return "properties" in schema or "additionalProperties" in schema or self.is_opaque(schema)

    def describe_list(self, schema: dict[str, Any]) -> dict[str, Any]:
        entry: dict[str, Any] = {"list": schema.get("x-kubernetes-list-type", "atomic")}
        items = self.describe(schema.get("items", {"type": "string"}))
        if items is not None:
            entry["items"] = items
        keys = schema.get("x-kubernetes-list-map-keys")
        if keys:
            entry["keys"] = keys
            defaults = self.key_defaults(schema["items"], keys)
            if defaults:
                entry["defaults"] = defaults
        if schema.get("x-kubernetes-patch-merge-key"):
            entry["merge_key"] = schema["x-kubernetes-patch-merge-key"]
        return entry

    def key_defaults(self, items: dict[str, Any], keys: list[str]) -> dict[str, Any]:
        reference = items.get("$ref") or next(one["$ref"] for one in items["allOf"])
        properties = self.schemas[short(reference)]["properties"]
        return {key: properties[key]["default"] for key in keys if properties[key].get("default") not in (None, "", 0)}


def derive(schemas: dict[str, Any]) -> dict[str, Any]:
    """`kinds`: `group/version/Kind` to a type's name; `types`: each type that a kind reaches."""
    table = Table(schemas)
    kinds = {}
    for name, schema in sorted(table.schemas.items()):
        if "metadata" not in schema.get("properties", {}):
            continue
        for gvk in schema.get("x-kubernetes-group-version-kind", ()):
            if gvk["kind"].endswith("List") and "items" in schema["properties"]:
                continue
            kinds[f"{gvk['group']}/{gvk['version']}/{gvk['kind']}"] = name
            table.add(name)
    return {"kinds": kinds, "types": dict(sorted(table.types.items()))}


def main() -> None:
    schemas = json.loads(gzip.decompress(Path(sys.argv[1]).read_bytes()))["schemas"]
    OUTPUT.write_text(json.dumps(derive(schemas), separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
