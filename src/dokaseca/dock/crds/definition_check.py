"""Rules of a definition itself (apiextensions-apiserver/pkg/apis/apiextensions/validation)."""

from __future__ import annotations

import re
from typing import Any, Final

from dokaseca.dock.admission.fields import NAME, Errors
from dokaseca.dock.crds import rule_check, structural
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_SCOPES: Final = ("Cluster", "Namespaced")
_COLUMN_TYPES: Final = ("integer", "number", "string", "boolean", "date")
_SELECTABLE: Final = 8  # fields that one version may be selected by
_APPROVED: Final = "api-approved.kubernetes.io"
_PROTECTED: Final = re.compile(r"(.*\.)?(k8s|kubernetes)\.io")
_LABEL: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_RULE: Final = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"  # noqa: E501 - the server's sentence


def check(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Report what is wrong with a definition, given the one that it replaces."""
    spec = manifest.get("spec") or {}
    before = {} if old is None else old.get("spec") or {}
    if spec == before:
        return
    _check_names(manifest, spec, errors)
    _check_group(manifest, spec, errors)
    versions = spec.get("versions") or []
    _check_versions(versions, errors)
    is_same = spec.get("versions") == before.get("versions")
    for index, version in enumerate(versions if not is_same else ()):
        _check_version(version, index, versions, errors)
    if old is not None:
        _check_update(spec, before, old, errors)


def _check_group(manifest: Manifest, spec: dict[str, Any], errors: Errors) -> None:
    group = spec.get("group") or ""
    if not group:
        errors.required("spec.group")
    elif not _SUBDOMAIN.fullmatch(group) or len(group) > 253:
        errors.invalid("spec.group", group, NAME)
    elif "." not in group:
        errors.invalid("spec.group", group, "should be a domain with at least one dot")
    if spec.get("scope") not in _SCOPES:
        errors.unsupported("spec.scope", spec.get("scope") or "", _SCOPES)
    if spec.get("preserveUnknownFields"):
        detail = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        )
        errors.invalid("spec.preserveUnknownFields", True, detail)
    annotations = manifests.metadata(manifest).get("annotations") or {}
    if _PROTECTED.fullmatch(group) and not annotations.get(_APPROVED):
        detail = f'protected groups must have approval annotation "{_APPROVED}", see https://github.com/kubernetes/enhancements/pull/1111'
        errors.required(f"metadata.annotations[{_APPROVED}]", detail)


def _check_names(manifest: Manifest, spec: dict[str, Any], errors: Errors) -> None:
    names, group = spec.get("names") or {}, spec.get("group") or ""
    plural = names.get("plural") or ""
    if group and plural and manifests.name(manifest) != f"{plural}.{group}":
        errors.invalid("metadata.name", manifests.name(manifest), 'must be spec.names.plural+"."+spec.group')
    for field in ("plural", "singular", "kind", "listKind"):
        value = names.get(field) or ""
        if not value:
            errors.required(f"spec.names.{field}")
        elif not _LABEL.fullmatch(value.lower() if "ind" in field else value) or len(value) > 63:
            errors.invalid(f"spec.names.{field}", value, _LABEL_RULE)
    for field in ("shortNames", "categories"):
        for index, value in enumerate(names.get(field) or ()):
            if not _LABEL.fullmatch(value) or len(value) > 63:
                errors.invalid(f"spec.names.{field}[{index}]", value, _LABEL_RULE)
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        errors.invalid("spec.names.listKind", names["listKind"], "kind and listKind may not be the same")


def _check_versions(versions: list[dict[str, Any]], errors: Errors) -> None:
    names = [version.get("name") for version in versions]
    if not versions:
        errors.required("spec.versions")
    elif sum(bool(version.get("storage")) for version in versions) != 1:
        errors.invalid("spec.versions", names, "must have exactly one version marked as storage version")
    if len(set(names)) != len(names):
        errors.invalid("spec.versions", names, "must contain unique version names")
    for index, name in enumerate(names):
        if not name or not _LABEL.fullmatch(name) or len(name) > 63:
            errors.invalid(f"spec.versions[{index}].name", name or "", _LABEL_RULE)


def _check_version(version: dict[str, Any], index: int, versions: list[dict[str, Any]], errors: Errors) -> None:
    schemas = [manifests.get(one, "schema", "openAPIV3Schema") for one in versions]
    schema = schemas[index]
    path = f"spec.versions[{index}]"
    if schema is None:
        errors.required(f"{path}.schema.openAPIV3Schema", "schemas are required")
        return
    # What all versions share is hoisted in the server's own form, and errors name the place where it then stands.
    is_shared = all(one == schema for one in schemas)
    if not is_shared or index == 0:
        place = "spec.validation.openAPIV3Schema" if is_shared else f"{path}.schema.openAPIV3Schema"
        count = len(errors.causes)
        structural.check(schema, place, errors)
        if len(errors.causes) == count:
            rule_check.check(schema, place, errors)
    for number, column in enumerate(version.get("additionalPrinterColumns") or ()):
        _check_column(column, f"{path}.additionalPrinterColumns[{number}]", errors)
    _check_scale(manifests.get(version, "subresources", "scale"), f"{path}.subresources.scale", errors)
    _check_selectable(version.get("selectableFields") or [], schema, f"{path}.selectableFields", errors)


def _check_column(column: dict[str, Any], path: str, errors: Errors) -> None:
    if not column.get("name"):
        errors.required(f"{path}.name")
    if not column.get("type"):
        errors.required(f"{path}.type", f"must be one of {','.join(sorted(_COLUMN_TYPES))}")
    elif column["type"] not in _COLUMN_TYPES:
        errors.invalid(f"{path}.type", column["type"], f"must be one of {','.join(sorted(_COLUMN_TYPES))}")
    if not column.get("jsonPath"):
        errors.required(f"{path}.jsonPath")


def _check_scale(scale: dict[str, Any] | None, path: str, errors: Errors) -> None:
    if scale is None:
        return
    for field, root in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
        value = scale.get(field) or ""
        if not value:
            errors.required(f"{path}.{field}")
        elif not value.startswith(root) or "[" in value:
            errors.invalid(f"{path}.{field}", value, f"should be a json path under {root.rstrip('.')}")
    selector = scale.get("labelSelectorPath")
    if selector and not selector.startswith((".spec.", ".status.")):
        errors.invalid(f"{path}.labelSelectorPath", selector, "should be a json path under either .status or .spec")


def _check_selectable(fields: list[dict[str, Any]], schema: dict[str, Any], path: str, errors: Errors) -> None:
    if len(fields) > _SELECTABLE:
        errors.too_many(path, len(fields), _SELECTABLE)
    seen = set()
    for index, field in enumerate(fields):
        place, value = f"{path}[{index}].jsonPath", field.get("jsonPath") or ""
        if not value:
            errors.required(place)
            continue
        found: Any = schema
        for step in value.lstrip(".").split("."):
            found = (found.get("properties") or {}).get(step) if isinstance(found, dict) else None
        if found is None and not schema.get("x-kubernetes-preserve-unknown-fields"):
            errors.invalid(place, value, "is an invalid path: does not refer to a valid field")
        elif found is not None and found.get("type") not in ("string", "boolean", "integer"):
            detail = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."  # noqa: E501 - the server's sentence
            errors.invalid(place, value, detail)
        if value.startswith(".metadata."):
            errors.invalid(place, value, "must not point to fields in metadata")
        if value in seen:
            errors.duplicate(place, value)
        seen.add(value)


def _check_update(spec: dict[str, Any], before: dict[str, Any], old: Manifest, errors: Errors) -> None:
    for field in ("group", "scope"):
        errors.immutable(f"spec.{field}", spec.get(field), before.get(field))
    names, earlier = spec.get("names") or {}, before.get("names") or {}
    errors.immutable("spec.names.plural", names.get("plural"), earlier.get("plural"))
    if _is_established(old):
        errors.immutable("spec.names.kind", names.get("kind"), earlier.get("kind"))
    known = {version.get("name") for version in spec.get("versions") or ()}
    for index, stored in enumerate(manifests.get(old, "status", "storedVersions", default=[])):
        if stored not in known:
            detail = f"missing from spec.versions; {stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {stored} and removes {stored} from status.storedVersions"  # noqa: E501 - the server's sentence
            errors.invalid(f"status.storedVersions[{index}]", stored, detail)


def _is_established(manifest: Manifest) -> bool:
    conditions = manifests.get(manifest, "status", "conditions", default=[])
    return any(found.get("type") == "Established" and found.get("status") == "True" for found in conditions)
