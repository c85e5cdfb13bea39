"""Rules of `metadata`: names, labels, annotations, finalizers, owners (apimachinery's validation/objectmeta.go)."""

from __future__ import annotations

import re
from typing import Any, Final

from dokaseca.dock import names
from dokaseca.dock.admission.fields import LABEL_NAME, NAME, Errors
from dokaseca.model.manifest import Manifest

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_ANNOTATION_BYTES: Final = 256 * 1024  # of all keys and values together
_LABEL_KINDS = frozenset({"Namespace", "Service"})  # names that become DNS labels
_PATH_KINDS = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})  # names that are path segments


def _check_name(name: str, kind: str, path: str, errors: Errors) -> None:
    if kind in _PATH_KINDS:
        if name in (".", ".."):
            errors.invalid(path, name, f"may not be '{name}'")
        for sign in ("/", "%"):
            if sign in name:
                errors.invalid(path, name, f"may not contain '{sign}'")
        return
    is_label = kind in _LABEL_KINDS
    limit = 63 if is_label else 253
    if len(name) > limit:
        errors.invalid(path, name, f"must be no more than {limit} bytes")
    elif not (_LABEL if is_label else _SUBDOMAIN).fullmatch(name):
        errors.invalid(path, name, LABEL_NAME if is_label else NAME)


def _check_key(key: str, path: str, errors: Errors) -> None:
    for problem in names.key_problems(key):
        errors.invalid(path, key, problem)


def check_labels(labels: Any, path: str, errors: Errors) -> None:
    """Rules of a label map."""
    for key, value in (labels or {}).items():
        _check_key(key, path, errors)
        for problem in names.value_problems(value):
            errors.invalid(path, value, problem)


def _check_annotations(annotations: dict[str, str], errors: Errors) -> None:
    size = 0
    for key, value in annotations.items():
        _check_key(key.lower(), "metadata.annotations", errors)
        size += len(key) + len(value)
    if size > _ANNOTATION_BYTES:
        errors.too_long("metadata.annotations", _ANNOTATION_BYTES)


def _check_owners(owners: list[dict[str, Any]], errors: Errors) -> None:
    first = ""
    for index, owner in enumerate(owners):
        path = f"metadata.ownerReferences[{index}]"
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                what = "version must not be empty" if field == "apiVersion" else "must not be empty"
                errors.invalid(f"{path}.{field}", owner.get(field) or "", what)
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            errors.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner")
        if owner.get("controller"):
            name = f"{owner.get('kind')}/{owner.get('name')}"
            if first:
                why = f'Only one reference can have Controller set to true. Found "true" in references for {first} and {name}'  # noqa: E501 - the server's sentence
                errors.invalid("metadata.ownerReferences", owners, why)
            first = first or name


def check(manifest: Manifest, errors: Errors) -> None:
    """The rules that hold for every kind."""
    metadata = manifest["metadata"]
    kind = manifest.get("kind", "")
    if not metadata.get("name"):
        errors.required("metadata.name", "name or generateName is required")
    else:
        _check_name(metadata["name"], kind, "metadata.name", errors)
    check_labels(metadata.get("labels"), "metadata.labels", errors)
    _check_annotations(metadata.get("annotations") or {}, errors)
    _check_owners(metadata.get("ownerReferences") or [], errors)
    finalizers = metadata.get("finalizers") or ()
    for finalizer in finalizers:
        _check_key(finalizer, "metadata.finalizers", errors)
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        why = "finalizer orphan and foregroundDeletion cannot be both set"
        errors.invalid("metadata.finalizers", finalizers, why)


def check_update(manifest: Manifest, old: Manifest, errors: Errors) -> None:
    """The rules of a change: nothing new holds an object that is going."""
    before = old["metadata"]
    if not before.get("deletionTimestamp"):
        return
    added = sorted(set(manifest["metadata"].get("finalizers") or ()) - set(before.get("finalizers") or ()))
    if added:
        shown = "[]string{" + ", ".join(f'"{one}"' for one in added) + "}"
        why = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
        errors.forbidden("metadata.finalizers", why)
