"""Secrets made showable: equal values stay recognisably equal, nothing else is told. Pure (B11)."""

from __future__ import annotations

from typing import Any

import orjson

from dokaseca.flow.diff import normalize
from dokaseca.model.manifest import Manifest

SHORTEST = 8  # Argo CD: 8 plus signs for the first distinct value of a key, then 12, 16 ...
STEP = 4


def pair(target: Manifest | None, live: Manifest | None) -> tuple[Manifest | None, Manifest | None]:
    """Both sides of a difference in normal form, the values of a Secret masked alike; other kinds unchanged.

    The form of kubectl's last-applied annotation, which repeats the whole Secret, is dropped with it.
    """
    if not (normalize.is_secret(target) or normalize.is_secret(live)):
        return target, live
    masks: dict[str, dict[bytes, str]] = {}
    wanted = _masked(normalize.target(target), masks) if target is not None else None
    found = _masked(normalize.live(live), masks) if live is not None else None
    return wanted, found


def _masked(manifest: Manifest, masks: dict[str, dict[bytes, str]]) -> Manifest:
    """What cannot be read as a mapping of values is masked as one value: a broken Secret leaks no more than a whole."""
    masked = {name: value for name, value in manifest.items() if name not in ("data", "stringData")}
    data = manifest.get("data")
    if isinstance(data, dict):
        if data:
            masked["data"] = {name: _mask(masks.setdefault(name, {}), value) for name, value in data.items()}
    elif data is not None:
        masked["data"] = "+" * SHORTEST
    return masked


def _mask(known: dict[bytes, str], value: Any) -> str:
    return known.setdefault(orjson.dumps(value), "+" * (SHORTEST + STEP * len(known)))
