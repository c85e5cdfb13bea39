"""Secrets made showable: equal values stay recognisably equal, nothing else is told. Pure (B11)."""

from __future__ import annotations

from typing import Any

from dokaseca.flow.diff import normalize
from dokaseca.model.manifest import Manifest

SHORTEST = 8  # Argo CD: 8 plus signs for the first distinct value, then 12, 16 ...
STEP = 4


def pair(target: Manifest | None, live: Manifest | None) -> tuple[Manifest | None, Manifest | None]:
    """Both sides of a difference, with the values of a Secret's `data` masked alike; other kinds unchanged."""
    if not any(_is_secret(one) for one in (target, live)):
        return target, live
    wanted = normalize.target(target) if target is not None else None
    masks: dict[str, dict[str, str]] = {}
    return _masked(wanted, masks), _masked(live, masks)


def _is_secret(manifest: Manifest | None) -> bool:
    return manifest is not None and manifest.get("kind") == "Secret" and manifest.get("apiVersion") == "v1"


def _masked(manifest: Manifest | None, masks: dict[str, dict[str, str]]) -> Manifest | None:
    if manifest is None:
        return None
    masked = {name: value for name, value in manifest.items() if name != "stringData"}
    data: dict[str, Any] = manifest.get("data") or {}
    if data:
        masked["data"] = {name: _mask(masks.setdefault(name, {}), str(value)) for name, value in data.items()}
    return masked


def _mask(known: dict[str, str], value: str) -> str:
    return known.setdefault(value, "+" * (SHORTEST + STEP * len(known)))
