"""One kustomization.yaml: which files it names, and how a source's options edit it (Argo CD: B2). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from dokaseca.flow.render import environment, kustomize_guard
from dokaseca.kit import yaml_in
from dokaseca.model.errors import UserError

PATH_FIELDS = ("resources", "bases", "components", "crds", "configurations")
PATCH_FIELDS = ("patches", "patchesJson6902", "replacements")
GENERATORS = ("configMapGenerator", "secretGenerator")
PLUGIN_FIELDS = ("generators", "transformers", "validators")
SPELLED = {  # Kustomize takes these in any case; what we did not recognise we could not hold back
    name.lower(): name
    for name in (
        *(*PATH_FIELDS, *PLUGIN_FIELDS, *PATCH_FIELDS, *GENERATORS, "patchesStrategicMerge", "openapi"),
        *("helmCharts", "helmChartInflationGenerator", "path", "files", "envs", "env"),
    )
}
IMAGE = re.compile(r"(?:(?P<old>[^=]+)=)?(?P<new>[^@=]+?)(?::(?P<tag>[^:@/]+))?(?:@(?P<digest>.+))?\Z")
KEEP = "*"  # in an image: the name, tag or digest that the kustomization gives


def load(content: bytes, name: str) -> dict[str, Any]:
    """A kustomization's content.

    Raises:
        UserError: reason InvalidManifest, with file, line and column.
    """
    try:
        value = yaml_in.load(content, subject=name)
    except yaml_in.InvalidYAML as error:
        raise UserError(
            error.message, reason="InvalidManifest", subject=f"{name}:{error.line}:{error.column}"
        ) from error
    if not isinstance(value, dict):
        raise UserError("a kustomization must be a mapping", reason="InvalidManifest", subject=name)
    for one in (value, value.get("openapi"), *_entries(value)):
        _check_spelling(one, name)
    return value


def _entries(content: Mapping[str, Any]) -> Iterator[Any]:
    for field in (*PATCH_FIELDS, *GENERATORS):
        listed = content.get(field)
        yield from listed if isinstance(listed, list) else ()


def _check_spelling(content: Any, name: str) -> None:
    for key in content if isinstance(content, dict) else ():
        meant = SPELLED.get(str(key).lower(), key)
        if key != meant:
            raise UserError(f"field {key!r} must be written {meant!r}", reason="InvalidManifest", subject=name)


class Role(Enum):
    """What Kustomize does with a file."""

    PLAIN = "reads it as YAML"
    PLUGIN = "does what it says"
    CONTENT = "puts it into an object as it is"


@dataclass(frozen=True, slots=True)
class Named:
    """A path as written, or (`is_inline`) the text of a generator, transformer, validator or patch."""

    text: str
    role: Role
    is_inline: bool = False


def named(content: Mapping[str, Any], name: str) -> list[Named]:
    """Everything that a kustomization names.

    Raises:
        UserError: a base is remote, it asks for Helm, or a field is not of its type.
    """
    if content.get("helmCharts") or content.get("helmChartInflationGenerator"):
        raise UserError(
            "helmCharts in a kustomization is not supported; use a Helm source",
            reason="UnsupportedSource",
            subject=name,
        )
    found = [*_paths(content, name), *_inlineable(content, name), *_contents(content, name)]
    for one in found:
        if not one.is_inline:
            kustomize_guard.check_local(one.text, name)
        elif one.role is Role.PLUGIN:
            kustomize_guard.check_plugin(one.text, name)
        else:
            kustomize_guard.check_inline(one.text, name)
    return found


def _paths(content: Mapping[str, Any], name: str) -> Iterator[Named]:
    for field in PATH_FIELDS:
        yield from (Named(str(one), Role.PLAIN) for one in _list(content, field, name))
    for field in PATCH_FIELDS:
        yield from (Named(str(one["path"]), Role.PLAIN) for one in _mappings(content, field, name) if one.get("path"))
    openapi = content.get("openapi")
    if isinstance(openapi, dict) and openapi.get("path"):
        yield Named(str(openapi["path"]), Role.PLAIN)


def _inlineable(content: Mapping[str, Any], name: str) -> Iterator[Named]:
    """The entries that may be a path or a text."""
    for field, role in (*((one, Role.PLUGIN) for one in PLUGIN_FIELDS), ("patchesStrategicMerge", Role.PLAIN)):
        for one in _list(content, field, name):
            yield Named(str(one), role, kustomize_guard.is_inline(str(one)))


def _contents(content: Mapping[str, Any], name: str) -> Iterator[Named]:
    for field in GENERATORS:
        for one in _mappings(content, field, name):
            for file in (str(file) for file in _list(one, "files", name)):
                kustomize_guard.check_local(file, name)
                yield Named(file.partition("=")[2] or file, Role.CONTENT)
            for file in (*_list(one, "envs", name), one.get("env")):
                if file:
                    yield Named(str(file), Role.CONTENT)


def edited(
    content: dict[str, Any], edits: Mapping[str, Any], build: Mapping[str, str], *, subject: str
) -> dict[str, Any]:
    """The kustomization as `kustomize edit` would leave it, in Argo CD's order.

    Args:
        build: the build environment, for images, labels and (on request) annotations.

    Raises:
        UserError: reason InvalidSpecError.
    """
    if edits.get("version"):
        raise UserError(
            f"kustomize version {edits['version']} is not there; remove kustomize.version",
            reason="UnsupportedSource",
            subject=subject,
        )
    result = dict(content)
    for field in ("namePrefix", "nameSuffix"):
        if edits.get(field):
            result[field] = edits[field]
    if edits.get("images"):
        wanted = [environment.substituted(str(one), build) for one in edits["images"]]
        result["images"] = _images(_mappings(result, "images", subject), wanted, subject)
    if edits.get("replicas"):
        result["replicas"] = _replicas(_mappings(result, "replicas", subject), edits["replicas"], subject)
    _label(result, edits, build, subject)
    _annotate(result, edits, build, subject)
    if edits.get("namespace"):
        result["namespace"] = edits["namespace"]
    if edits.get("patches"):
        result["patches"] = [*_list(result, "patches", subject), *edits["patches"]]
    if edits.get("components"):  # one that is there already would be applied twice
        present = _list(result, "components", subject)
        added = dict.fromkeys(str(one) for one in edits["components"])
        result["components"] = [*present, *(one for one in added if one not in present)]
    return result


def _label(result: dict[str, Any], edits: Mapping[str, Any], build: Mapping[str, str], subject: str) -> None:
    given = edits.get("commonLabels") or {}
    labels = {name: environment.substituted(str(text), build) for name, text in given.items()}
    if labels and edits.get("labelIncludeTemplates") and not edits.get("labelWithoutSelector"):
        raise UserError(
            "kustomize.labelIncludeTemplates needs kustomize.labelWithoutSelector; set both",
            reason="InvalidSpecError",
            subject=subject,
        )
    if labels and edits.get("labelWithoutSelector"):
        entry: dict[str, Any] = {"pairs": labels}
        if edits.get("labelIncludeTemplates"):
            entry["includeTemplates"] = True
        result["labels"] = [*_list(result, "labels", subject), entry]
    elif labels:
        _add(result, "commonLabels", labels, forced=bool(edits.get("forceCommonLabels")), subject=subject)


def _annotate(result: dict[str, Any], edits: Mapping[str, Any], build: Mapping[str, str], subject: str) -> None:
    given = {name: str(text) for name, text in (edits.get("commonAnnotations") or {}).items()}
    if edits.get("commonAnnotationsEnvsubst"):
        given = {name: environment.substituted(text, build) for name, text in given.items()}
    if given:
        _add(result, "commonAnnotations", given, forced=bool(edits.get("forceCommonAnnotations")), subject=subject)


def _add(result: dict[str, Any], field: str, given: Mapping[str, str], *, forced: bool, subject: str) -> None:
    present = result.get(field)
    present = present if isinstance(present, dict) else {}
    taken = sorted(set(present) & set(given))
    if taken and not forced:
        option = f"force{field[0].upper()}{field[1:]}"
        raise UserError(
            f"{', '.join(taken)} stands in the kustomization's {field} already; remove it, or set kustomize.{option}",
            reason="InvalidSpecError",
            subject=subject,
        )
    result[field] = {**present, **given}


def _replicas(present: list[dict[str, Any]], wanted: Any, subject: str) -> list[dict[str, Any]]:
    try:
        ours = {str(one["name"]): int(one["count"]) for one in wanted}
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            "an entry of kustomize.replicas needs a name and a whole number as count",
            reason="InvalidSpecError",
            subject=subject,
        ) from error
    kept = [one for one in present if one.get("name") not in ours]
    return [*kept, *({"name": name, "count": count} for name, count in ours.items())]


def _images(present: list[dict[str, Any]], wanted: list[str], subject: str) -> list[dict[str, Any]]:
    by_name = {str(one.get("name")): dict(one) for one in present}
    for text in wanted:
        match = IMAGE.match(text)
        if match is None:
            raise UserError(
                f"image {text!r} is not of the form [old=]new[:tag|@digest]", reason="InvalidSpecError", subject=subject
            )
        name = match["old"] or match["new"]
        before = by_name.get(name, {})
        wants = {
            "newName": before.get("newName") if match["new"] == KEEP else match["new"],
            "newTag": before.get("newTag") if match["tag"] == KEEP else match["tag"],
            "digest": before.get("digest") if match["digest"] == KEEP else match["digest"],
        }
        if wants["newName"] == name:
            del wants["newName"]
        by_name[name] = {"name": name, **{key: value for key, value in wants.items() if value}}
    return list(by_name.values())


def _list(content: Mapping[str, Any], field: str, name: str) -> list[Any]:
    value = content.get(field) or []
    if not isinstance(value, list):
        raise UserError(f"{field} must be a list", reason="InvalidManifest", subject=name)
    return value


def _mappings(content: Mapping[str, Any], field: str, name: str) -> list[dict[str, Any]]:
    found = _list(content, field, name)
    if not all(isinstance(one, dict) for one in found):
        raise UserError(f"{field} must be a list of mappings", reason="InvalidManifest", subject=name)
    return found
