"""Tables: column definitions from the real server, cells from the kind's printer or from its definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import orjson

from dokaseca.dock.data import tables
from dokaseca.dock.resources import ResourceType
from dokaseca.dock.tables import ages, json_path
from dokaseca.dock.tables.printers import kinds
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

Cells = Callable[[Manifest, datetime], list[Any]]


@dataclass(frozen=True, slots=True)
class Printer:
    """The columns of a kind and the function that fills them."""

    columns: list[dict[str, Any]]
    cells: Cells


def _column(name: str, kind: str = "string", form: str = "", priority: int = 0, text: str = "") -> dict[str, Any]:
    return {"name": name, "type": kind, "format": form, "description": text, "priority": priority}


_NAME_AND_AGE = (_column("Name", form="name"), _column("Age"))


def _scale_cells(manifest: Manifest, now: datetime) -> list[Any]:
    desired = manifests.get(manifest, "spec", "replicas", default=0)
    available = manifests.get(manifest, "status", "replicas", default=0)
    return [manifests.name(manifest), desired, available, *_name_and_age(manifest, now)[1:]]


# kubernetes/pkg/printers: a Scale is no resource of its own, so the derived columns do not have it
SCALE: Final = Printer(
    [_column("Name", form="name"), _column("Desired", "integer"), _column("Available", "integer"), _column("Age")],
    _scale_cells,
)


@cache
def _builtin(path: str) -> Printer:
    columns = [_column(*definition) for definition in tables.columns().get(path, ())]
    cells = kinds.BY_PATH.get(path)
    if columns and cells is not None:
        return Printer(columns, cells)
    if [column["name"] for column in columns] == ["Name", "Created At"]:
        return Printer(columns, _name_and_created)
    return Printer(list(_NAME_AND_AGE), _name_and_age)


def _name_and_age(manifest: Manifest, now: datetime) -> list[Any]:
    return [manifests.name(manifest), ages.since(manifests.metadata(manifest).get("creationTimestamp"), now)]


def _name_and_created(manifest: Manifest, now: datetime) -> list[Any]:
    del now
    return [manifests.name(manifest), manifests.metadata(manifest).get("creationTimestamp")]


def printer(of: ResourceType, declared: Sequence[dict[str, Any]] | None) -> Printer:
    """The printer of a kind; `declared` are the additionalPrinterColumns of a custom one, None for built-in kinds."""
    if declared is None:
        return _builtin(of.path)
    if not declared:
        return Printer(list(_NAME_AND_AGE), _name_and_age)
    columns = [_column("Name", form="name"), *(_declared(column) for column in declared)]

    def cells(manifest: Manifest, now: datetime) -> list[Any]:
        return [manifests.name(manifest), *(_custom_cell(manifest, column, now) for column in declared)]

    return Printer(columns, cells)


def _declared(column: dict[str, Any]) -> dict[str, Any]:
    kind, form = column.get("type") or "string", column.get("format") or ""
    return _column(column.get("name") or "", kind, form, column.get("priority") or 0, column.get("description") or "")


def _custom_cell(manifest: Manifest, column: dict[str, Any], now: datetime) -> Any:
    found = json_path.find(manifest, column.get("jsonPath") or "")
    kind = column.get("type")
    if not found or found[0] is None:
        return ages.UNKNOWN if kind == "date" and found else None
    value = found[0]
    if kind == "date":
        return ages.since(value, now)
    if kind in ("integer", "number", "boolean"):
        return value
    if len(found) > 1 or isinstance(value, (dict, list)):
        return ",".join(_text(item) for item in found)
    return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def table(
    of: Printer, objects: Sequence[Manifest], *, version: str, include: str, now: datetime, with_columns: bool
) -> dict[str, Any]:
    """A Table.

    Args:
        version: of meta.k8s.io.
        include: what each row's `object` holds: Metadata, Object or None.
        with_columns: off for the later events of a watch.
    """
    rows = []
    for manifest in objects:
        row: dict[str, Any] = {"cells": of.cells(manifest, now)}
        if include == "Object":
            row["object"] = manifest
        elif include != "None":
            kept = {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}"}
            row["object"] = {**kept, "metadata": manifest.get("metadata") or {}}
        rows.append(row)
    metadata: dict[str, Any] = {}
    if len(objects) == 1:
        metadata["resourceVersion"] = manifests.resource_version(objects[0])
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": metadata,
        "columnDefinitions": of.columns if with_columns else None,
        "rows": rows,
    }
