"""Field selectors as query strings write them, and what each kind may be selected by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dokaseca.dock.selectors import BadSelector
from dokaseca.model import manifest as manifests


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause of a field selector."""

    path: str
    value: str
    equal: bool

    def matches(self, manifest: Any) -> bool:
        value = manifests.get(manifest, *self.path.split("."), default="")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return (text == self.value) == self.equal


# What pkg/registry and pkg/apis/core/v1/conversion.go let one select by, beside metadata.name and metadata.namespace.
_FIELDS: Mapping[str, frozenset[str]] = {
    "pods": frozenset(
        {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
         "status.phase", "status.podIP", "status.nominatedNodeName"}
    ),
    "events": frozenset(
        {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
         "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
         "reportingComponent", "source", "type", "regarding.kind", "regarding.namespace", "regarding.name",
         "regarding.uid"}
    ),
    "nodes": frozenset({"spec.unschedulable"}),
    "namespaces": frozenset({"status.phase"}),
    "secrets": frozenset({"type"}),
    "services": frozenset({"spec.clusterIP", "spec.type"}),
    "replicasets": frozenset({"status.replicas"}),
    "replicationcontrollers": frozenset({"status.replicas"}),
    "jobs": frozenset({"status.successful"}),
    "certificatesigningrequests": frozenset({"spec.signerName"}),
}  # fmt: skip


def _unsupported(path: str, plural: str, selectable: frozenset[str]) -> str:
    """Kinds with fields of their own have a conversion that words it otherwise."""
    if plural in _FIELDS and plural not in ("replicasets", "jobs", "certificatesigningrequests"):
        return f"field label not supported: {path}"
    known = ["metadata.name", "metadata.namespace", *sorted(selectable)]
    return f'"{path}" is not a known field selector: only ' + ", ".join(f'"{one}"' for one in known)


@lru_cache(maxsize=512)
def parse(text: str, plural: str, selectable: frozenset[str] = frozenset()) -> tuple[Requirement, ...]:
    """The requirements of a field selector on `plural`; `selectable` are paths that its definition adds.

    Raises:
        BadSelector: it does not parse, or asks for a field that cannot be selected by.
    """
    found = []
    for clause in text.split(",") if text.strip() else ():
        separator = next((sign for sign in ("!=", "==", "=") if sign in clause), "")
        if not separator:
            raise BadSelector(f"invalid selector: '{text}'; can't understand '{clause}'")
        path, _, value = clause.partition(separator)
        path = path.strip()
        allowed = (
            path in ("metadata.name", "metadata.namespace") or path in _FIELDS.get(plural, ()) or path in selectable
        )
        if not allowed:
            raise BadSelector(_unsupported(path, plural, selectable))
        found.append(Requirement(path, value.strip(), separator != "!="))
    return tuple(found)
