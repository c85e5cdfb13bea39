"""JSON merge patches (RFC 7386) between two values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def between(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest merge patch that turns `old` into `new`; empty when they are equal. Lists are replaced whole."""
    patch: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        if name not in old:
            patch[name] = value
            continue
        before = old[name]
        if isinstance(before, dict) and isinstance(value, dict):
            inner = between(before, value)
            if inner:
                patch[name] = inner
        elif not _is_same(before, value):
            patch[name] = value
    return patch


def apply(document: Any, patch: Any) -> Any:
    """`document` with `patch` merged in; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = apply(merged.get(name), value)
    return merged


def _is_same(one: Any, other: Any) -> bool:
    """Equality of JSON values: Python's, but `true` is not `1`."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_is_same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)
