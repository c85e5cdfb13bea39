"""Loads the derived tables, each once per process."""

from __future__ import annotations

import gzip
from functools import cache
from importlib import resources
from typing import Any

import orjson

KUBERNETES_MINOR = "36"  # the server that the tables were taken from


def _bytes(name: str) -> bytes:
    return resources.files("dokaseca.dock.data").joinpath(name).read_bytes()


@cache
def kinds() -> list[dict[str, Any]]:
    """One row per built-in kind and version, in the server's order."""
    rows: list[dict[str, Any]] = orjson.loads(_bytes("resources.json"))
    return rows


@cache
def columns() -> dict[str, list[list[Any]]]:
    """`group/version/plural` (`v1/pods` in the core group) to [name, type, format, priority] per column."""
    table: dict[str, list[list[Any]]] = orjson.loads(_bytes("columns.json"))
    return table


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """OpenAPI component name to schema; about 3 MB once loaded."""
    found: dict[str, dict[str, Any]] = orjson.loads(gzip.decompress(_bytes("schemas.json.gz")))
    return found


@cache
def schema_names() -> dict[tuple[str, str, str], str]:
    """(group, version, kind) to the name of its component schema."""
    names: dict[tuple[str, str, str], str] = {}
    for name, schema in schemas().items():
        for kind in schema.get("x-kubernetes-group-version-kind", ()):
            names.setdefault((kind["group"], kind["version"], kind["kind"]), name)
    return names


@cache
def protobuf() -> dict[str, dict[str, Any]]:
    """`kinds`: `group/version/Kind` to type; `types`: type to field number to [name, kind, message type, flags]."""
    found: dict[str, dict[str, Any]] = orjson.loads(gzip.decompress(_bytes("protobuf.json.gz")))
    return found
