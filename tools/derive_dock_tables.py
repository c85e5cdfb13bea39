"""Derives the dock's tables from what a real Kubernetes API server printed about itself.

Usage: python tools/derive_dock_tables.py [folder], where discovery-*.json, table-columns-*.json and
openapi-schemas-*.json.gz lie.

Writes into src/dokaseca/dock/data: `resources.json` (every built-in kind), `columns.json` (the columns of
`kubectl get`) and `schemas.json.gz` (the OpenAPI component schemas). The output is deterministic: run it again and git
sees no change.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "dokaseca" / "dock" / "data"


def load(path: Path) -> Any:
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def resources(discovery: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per kind, subresources folded into the row of their parent, in the server's order."""
    rows: list[dict[str, Any]] = []
    versions = {"v1": {"preferred": True, "resources": discovery["core"]}, **discovery["groups"]}
    for group_version, served in versions.items():
        group, _, version = group_version.rpartition("/")
        parents: dict[str, dict[str, Any]] = {}
        for entry in served["resources"]:
            plural, _, subresource = entry["name"].partition("/")
            if subresource:
                kind = [entry.get("group", group), entry.get("version", version), entry["kind"]]
                parents[plural].setdefault("subresources", {})[subresource] = [*kind, entry["verbs"]]
                continue
            row = {
                "group": group,
                "version": version,
                "kind": entry["kind"],
                "plural": plural,
                "singular": entry["singularName"],
                "namespaced": entry["namespaced"],
                "verbs": entry["verbs"],
                "preferred": served["preferred"],
            }
            if entry.get("shortNames"):
                row["shortNames"] = entry["shortNames"]
            if entry.get("categories"):
                row["categories"] = entry["categories"]
            parents[plural] = row
            rows.append(row)
    return rows


def columns(tables: dict[str, Any]) -> dict[str, list[list[Any]]]:
    """`group/version/plural` to [name, type, format, priority] per column."""
    return {
        key: [[column["name"], column["type"], column["format"], column["priority"]] for column in listed]
        for key, listed in sorted(tables.items())
    }


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    DATA.mkdir(parents=True, exist_ok=True)
    rows = resources(load(next(source.glob("discovery-*.json"))))
    (DATA / "resources.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    table = columns(load(next(source.glob("table-columns-*.json"))))
    lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
    (DATA / "columns.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    schemas = load(next(source.glob("openapi-schemas-*.json.gz")))["schemas"]
    text = json.dumps(schemas, separators=(",", ":"), sort_keys=True).encode()
    (DATA / "schemas.json.gz").write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    print(f"{len(rows)} kinds, {len(table)} tables, {len(schemas)} schemas")


if __name__ == "__main__":
    main()
