"""An object on its way in: decoded, completed and judged, as the kind and the request's options want it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.admission import config, object_meta, strategies, structure
from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.authn import Identity
from dokaseca.dock.authz import escalation, roles
from dokaseca.dock.crds import custom, definition, definition_check, pruning
from dokaseca.dock.state import SERVICES, ClusterState
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_CONFIG = frozenset({"secrets", "configmaps"})


def decode(state: ClusterState, call: Call, manifest: Manifest) -> tuple[str, ...]:
    """Drop what the kind does not have from `manifest`, in place.

    Returns:
        Warnings for the answer's headers: unknown fields, unless the request ignores them.

    Raises:
        StatusError: 400, a wrong type, or an unknown field under strict validation.
    """
    of = call.of
    what = f'{of.kind} in version "{of.version}" cannot be handled as a {of.kind}'
    findings = conform(state, call, manifest)
    if findings.mistyped:
        raise status_error.Undecodable(what, findings.mistyped)
    if of.table in _CONFIG and (place := config.bad_base64_or_none(manifest)) is not None:
        raise status_error.Undecodable(what, f"illegal base64 data at input byte {place}")
    unknown = [f'unknown field "{path}"' for path in findings.unknown]
    if unknown and call.validation == "Strict":
        raise status_error.Undecodable(what, f"strict decoding error: {', '.join(unknown)}")
    return tuple(unknown) if call.validation == "Warn" else ()


def conform(state: ClusterState, call: Call, manifest: Manifest) -> structure.Findings:
    """As `decode`, and leave it to the caller what to make of it."""
    of = call.of
    shape = None if of.definition else structure.of_kind_or_none(of.group, of.version, of.kind)
    if shape is not None:
        findings = structure.conform(manifest, shape)
    else:
        findings = structure.conform(manifest["metadata"], structure.metadata())
        findings.unknown = [f"metadata.{path}" for path in findings.unknown]
        if of.definition:
            findings.unknown += pruning.prune(manifest, state.served.of(of).schema)
    return findings


def complete(state: ClusterState, call: Call, manifest: Manifest) -> None:
    """Fill in the kind's defaults, in place."""
    of = call.of
    if of.definition:
        pruning.default(manifest, state.served.of(of).schema)
    elif of.table == definition.TABLE:
        definition.default(manifest)
    else:
        strategies.of_table(of.table).default(manifest)


def judge(state: ClusterState, call: Call, manifest: Manifest, old: Manifest | None) -> tuple[str, ...]:
    """Refuse what breaks the kind's rules.

    Returns:
        Warnings: rules that the object broke before and still breaks, in parts that this request does not change.

    Raises:
        StatusError: 422 with one cause per field; 403, a role or binding that gives away more than its writer holds.
    """
    of = call.of
    if of.group == roles.GROUP:
        escalation.check(state.roles, Identity.of(call.request), manifest, old)
    errors, warnings = Errors(), []
    object_meta.check(manifest, errors)
    if old is not None:
        object_meta.check_update(manifest, old, errors)
    if of.definition:
        warnings = custom.check(manifest, old, state.served.of(of), errors)
    elif of.table == definition.TABLE:
        definition_check.check(manifest, old, errors)
    elif not manifests.is_deleting(manifest):
        strategies.of_table(of.table).check(manifest, old, errors)
        if of.table == SERVICES and not errors:
            state.allocator.allocate(manifest, old, errors)
    if errors:
        raise status_error.invalid(of.group, of.kind, manifests.name(manifest), errors.causes)
    return tuple(warnings)


def has_generation(call: Call) -> bool:
    """Whether `metadata.generation` counts changes of this kind."""
    of = call.of
    return bool(of.definition) or of.table == definition.TABLE or strategies.of_table(of.table).has_generation


def intent(call: Call, manifest: Manifest) -> bytes:
    """What generation counts changes of: everything but metadata, and but status where status has its own path."""
    hidden: Mapping[str, Any] = {"metadata": 0, "apiVersion": 0, "kind": 0}
    has_status = "status" in call.of.subresources or call.of.table == definition.TABLE
    kept = {key: value for key, value in manifest.items() if key not in hidden and not (has_status and key == "status")}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
