"""The YAML that a tool printed, as manifests. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dokaseca.kit import bounds, yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

_SOURCE = re.compile(r"^# Source: (.+)$", re.MULTILINE)

Origin = tuple[Manifest, str]


def parse(text: bytes | str, *, subject: str) -> list[Origin]:
    """Every object of a stream with where it came from; `List` kinds are expanded, empty documents dropped.

    Raises:
        UserError: reason InvalidManifest: not YAML, or an object without apiVersion, kind or name; says where.
    """
    found: list[Origin] = []
    try:
        documents = yaml_in.load_all(text, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise UserError(
            error.message, reason="InvalidManifest", subject=f"{error.subject}:{error.line}:{error.column}"
        ) from error
    for document in documents:
        where = f"{subject}:{document.line}"
        found += [(one, where) for one in _objects(document.value, where)]
    return found


def parse_chart(text: str, *, chart: str) -> list[Origin]:
    """As `parse`, for Helm's output: each object's origin is its template."""
    found: list[Origin] = []
    marks = list(_SOURCE.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        found += parse(text[mark.end() : end], subject=mark[1].strip() or chart)
    return found


def checked(objects: list[Origin]) -> list[Origin]:
    """`objects`, when there are not too many.

    Raises:
        UserError: more than `bounds.MANIFESTS_PER_APPLICATION`.
    """
    if len(objects) > bounds.MANIFESTS_PER_APPLICATION:
        raise UserError(
            f"{len(objects)} objects are more than the {bounds.MANIFESTS_PER_APPLICATION} one Application may hold",
            reason="TooManyManifests",
        )
    return objects


def _objects(value: object, where: str) -> Iterator[Manifest]:
    if isinstance(value, list):
        for one in value:
            yield from _objects(one, where)
        return
    if not isinstance(value, dict):
        raise _invalid("a document is not an object; every manifest is a mapping with apiVersion and kind", where)
    if not value.get("apiVersion") or not value.get("kind"):
        raise _invalid("an object has no apiVersion or kind; add them, or keep such files out of the path", where)
    items = value.get("items")
    if str(value["kind"]).endswith("List") and "items" in value:
        for one in items or ():
            yield from _objects(one, where)
        return
    metadata = manifests.metadata(value)
    if not metadata.get("name") and not metadata.get("generateName"):
        raise _invalid(f"{value['kind']} has no metadata.name", where)
    yield {name: part for name, part in value.items() if name != "status"}


def _invalid(message: str, where: str) -> UserError:
    return UserError(message, reason="InvalidManifest", subject=where)
