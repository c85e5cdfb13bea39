"""Secret, ConfigMap, Namespace, ServiceAccount, volumes and storage classes: defaults and rules."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from dokaseca.dock.admission import quantities
from dokaseca.dock.admission.fields import Errors
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_KEY_RULE = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"  # noqa: E501 - the server's sentence
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_REQUIRED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
SERVICE_ACCOUNT_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a type, not a token
ACCOUNT_NAME = "kubernetes.io/service-account.name"
CLAIM_PROTECTION = "kubernetes.io/pvc-protection"
VOLUME_PROTECTION = "kubernetes.io/pv-protection"
_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


def default_secret(manifest: Manifest) -> None:
    """Type, and `stringData` folded into `data`."""
    manifest.setdefault("type", "Opaque")
    plain = manifest.pop("stringData", None)
    if plain:
        data = manifest.setdefault("data", {})
        for key, value in plain.items():
            data[key] = base64.b64encode(value.encode()).decode()


def bad_base64_or_none(manifest: Manifest) -> int | None:
    """Where the first value of a Secret's `data` (or ConfigMap's `binaryData`) that is not base64 goes wrong."""
    for value in (manifest.get("data" if manifest.get("kind") == "Secret" else "binaryData") or {}).values():
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            found = _NOT_BASE64.search(value)
            return found.start() if found else len(value)
    return None


def _check_keys(data: Any, path: str, errors: Errors) -> None:
    for key in data or ():
        if not _KEY.fullmatch(key) or key in (".", "..") or key.startswith("..") or len(key) > 253:
            errors.invalid(f"{path}[{key}]", key, _KEY_RULE)


def _check_frozen(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    if old is None or not old.get("immutable"):
        return
    if not manifest.get("immutable"):
        errors.forbidden("immutable", "field is immutable when `immutable` is set")
    for field in ("data", "binaryData"):
        if manifest.get(field) != old.get(field):
            errors.forbidden(field, "field is immutable when `immutable` is set")


def check_secret(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    _check_keys(manifest.get("data"), "data", errors)
    if manifest.get("type") == SERVICE_ACCOUNT_TOKEN and not manifests.annotations(manifest).get(ACCOUNT_NAME):
        errors.required(f"metadata.annotations[{ACCOUNT_NAME}]")
    for key in _REQUIRED_KEYS.get(manifest.get("type") or "", ()):
        if key not in (manifest.get("data") or {}):
            errors.required(f"data[{key}]")
    if old is not None and manifest.get("type") != old.get("type"):
        # never the values: only the types are shown
        errors.invalid("type", manifest.get("type"), "field is immutable")
    _check_frozen(manifest, old, errors)


def check_config_map(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    _check_keys(manifest.get("data"), "data", errors)
    _check_keys(manifest.get("binaryData"), "binaryData", errors)
    for key in set(manifest.get("data") or ()) & set(manifest.get("binaryData") or ()):
        errors.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    _check_frozen(manifest, old, errors)


def default_namespace(manifest: Manifest) -> None:
    labels = manifest["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = manifests.name(manifest)
    if not manifests.is_deleting(manifest):
        manifest.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
        manifest.setdefault("status", {}).setdefault("phase", "Active")


def _protect(manifest: Manifest, finalizer: str) -> None:
    """A new object gets the finalizer that keeps it while it is used (plugin StorageObjectInUseProtection)."""
    if not manifests.resource_version(manifest):
        finalizers = manifest["metadata"].setdefault("finalizers", [])
        if finalizer not in finalizers:
            finalizers.append(finalizer)


def default_claim(manifest: Manifest) -> None:
    _protect(manifest, CLAIM_PROTECTION)
    manifest.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    manifest.setdefault("status", {}).setdefault("phase", "Pending")


def check_claim(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    spec = manifest.get("spec") or {}
    modes = spec.get("accessModes") or []
    if not modes:
        errors.required("spec.accessModes", "at least 1 access mode is required")
    for mode in modes:
        if mode not in _ACCESS_MODES:
            errors.unsupported("spec.accessModes", mode, _ACCESS_MODES)
    storage = manifests.get(spec, "resources", "requests", "storage")
    if storage is None:
        errors.required("spec.resources[storage]")
    elif (quantities.value_or_none(storage) or 0) <= 0:
        errors.invalid("spec.resources[storage]", storage, "must be greater than zero")
    if old is None:
        return

    is_bound = manifests.get(old, "status", "phase") == "Bound"
    free = ("resources", "volumeAttributesClassName") if is_bound else ()
    was, now = ({key: value for key, value in of["spec"].items() if key not in free} for of in (old, manifest))
    for field in ("volumeName", "storageClassName"):  # binding sets these once
        if was.get(field) is None:
            was[field] = now[field] = None
    if was != now:
        detail = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        errors.forbidden("spec", detail)
    has = quantities.value_or_none(manifests.get(old, "status", "capacity", "storage"))
    if is_bound and has is not None and (quantities.value_or_none(storage) or 0) < has:
        errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")


def default_volume(manifest: Manifest) -> None:
    _protect(manifest, VOLUME_PROTECTION)
    spec = manifest.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    if isinstance(spec.get("hostPath"), dict):
        spec["hostPath"].setdefault("type", "")
    manifest.setdefault("status", {}).setdefault("phase", "Pending")


def check_volume(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    del old
    spec = manifest.get("spec") or {}
    if not spec.get("accessModes"):
        errors.required("spec.accessModes")
    if not spec.get("capacity"):
        errors.required("spec.capacity")


def default_storage_class(manifest: Manifest) -> None:
    manifest.setdefault("reclaimPolicy", "Delete")
    manifest.setdefault("volumeBindingMode", "Immediate")


def check_storage_class(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    if not manifest.get("provisioner"):
        errors.required("provisioner")
    if old is not None:
        for field in ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"):
            if manifest.get(field) != old.get(field):
                errors.forbidden(field, f"updates to {field} are forbidden.")
