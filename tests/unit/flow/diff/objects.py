"""Objects for the tests of the diff room, by hand and by hypothesis."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from dokaseca.flow.diff.compare import FIELD_MANAGER

NAMES = st.sampled_from(["name", "spec", "value", "labels", "env", "ports", "containers", "replicas", "data", "x"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(["1000m", "1", "1Gi", ""])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)
KINDS = st.sampled_from(
    [
        *(("v1", kind) for kind in ("ConfigMap", "Secret", "Service", "Pod")),
        *(("apps/v1", "Deployment"), ("rbac.authorization.k8s.io/v1", "ClusterRole"), ("example.com/v1", "Widget")),
    ]
)


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, Any]:
    """Any object: a kind, and whatever fields."""
    api_version, kind = draw(KINDS)
    fields = draw(st.dictionaries(NAMES, VALUES, max_size=4))
    if kind == "Secret" and "data" in fields:
        fields["data"] = draw(st.dictionaries(NAMES, st.text(max_size=6), max_size=3))
    labels = draw(st.dictionaries(NAMES, st.text(max_size=4), max_size=3))
    return {**fields, "apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "labels": labels}}


def completed(target: dict[str, Any]) -> dict[str, Any]:
    """What a cluster makes of `target`: server metadata, a status, managed fields, more fields in every mapping."""
    live = _with_more(copy.deepcopy(target))
    live["metadata"] |= {
        "uid": "u",
        "resourceVersion": "9",
        "generation": 3,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": _tree(target)}],
    }
    live["status"] = {"phase": "Running"}
    return live


def _with_more(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{name: _with_more(inner) for name, inner in value.items()}, "addedByServer": 1}
    return [_with_more(item) for item in value] if isinstance(value, list) else value


def _tree(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {f"f:{name}": _tree(inner) for name, inner in value.items() if name not in ("apiVersion", "kind")}
