"""The YAML that a tool printed, as manifests."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import orjson

from dokaseca.kit import bounds, yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

_SOURCE = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)  # how Helm marks where a template's output begins

BESIDE_BYTES = 128 * 1024  # of YAML; less is read in some 50 ms at worst

Origin = tuple[Manifest, str]


class NoManifest(UserError):
    """The text is no Kubernetes object at all: not YAML, not a mapping, or without kind."""


def parse(text: bytes | str, *, subject: str) -> list[Origin]:
    """Every object of a stream with where it came from; `List` kinds are expanded, empty documents dropped.

    Raises:
        NoManifest: reason InvalidManifest: not YAML, or a document that is no object; says where.
        UserError: the same reason: an object without apiVersion or name.
    """
    try:
        documents = yaml_in.load_all(text, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise NoManifest(
            error.message, reason="InvalidManifest", subject=f"{error.subject}:{error.line}:{error.column}"
        ) from error
    return [one for document in documents for one in of_value(document.value, f"{subject}:{document.line}")]


async def parse_beside(text: bytes | str, *, subject: str) -> list[Origin]:
    """As `parse`, beside the event loop where that takes its time.

    Raises: as `parse`.
    """
    if len(text) <= BESIDE_BYTES:
        return parse(text, subject=subject)
    return await asyncio.to_thread(parse, text, subject=subject)


async def parse_chart_beside(text: str, *, chart: str) -> list[Origin]:
    """As `parse_chart`, beside the event loop where that takes its time.

    Raises: as `parse`.
    """
    if len(text) <= BESIDE_BYTES:
        return parse_chart(text, chart=chart)
    return await asyncio.to_thread(parse_chart, text, chart=chart)


def parse_chart(text: str, *, chart: str) -> list[Origin]:
    """As `parse`, for Helm's output: each object's origin is its template."""
    found: list[Origin] = []
    marks = list(_SOURCE.finditer(text))
    ends = [*(mark.start() for mark in marks), len(text)][1:]
    for mark, end in zip(marks, ends, strict=True):
        found += parse(text[mark.end() : end], subject=mark[1].strip() or chart)
    return found


def of_value(value: object, where: str) -> list[Origin]:
    """The objects that one JSON value stands for: itself, or the items of a list.

    Raises: as `parse`.
    """
    return [(one, where) for one in _objects(value, where)]


def checked(objects: list[Origin]) -> list[Origin]:
    """`objects`, when there are not too many and a cluster can store each.

    Raises:
        UserError: more than `bounds.MANIFESTS_PER_APPLICATION`; one is larger than `bounds.OBJECT_BYTES`.
    """
    if len(objects) > bounds.MANIFESTS_PER_APPLICATION:
        raise UserError(
            f"{len(objects)} objects are more than the {bounds.MANIFESTS_PER_APPLICATION} one Application may hold",
            reason="TooManyManifests",
        )
    for manifest, origin in objects:
        size = len(orjson.dumps(manifest))
        if size > bounds.OBJECT_BYTES:
            raise UserError(
                f"{manifest['kind']} {manifests.name(manifest)} has {size} bytes, a cluster stores no object of more "
                f"than {bounds.OBJECT_BYTES}; split it",
                reason="TooLarge",
                subject=origin,
            )
    return objects


def _objects(value: object, where: str) -> Iterator[Manifest]:
    if not isinstance(value, dict):
        raise NoManifest(
            "a document is not an object; every manifest is a mapping with apiVersion and kind",
            reason="InvalidManifest",
            subject=where,
        )
    if not value.get("kind"):
        raise NoManifest(
            "an object has no kind; add it, or keep such files out of the path",
            reason="InvalidManifest",
            subject=where,
        )
    if not value.get("apiVersion"):
        raise _invalid("an object has no apiVersion; add it, or keep such files out of the path", where)
    if str(value["kind"]).endswith("List") and "items" in value:
        items = value["items"] or []
        if not isinstance(items, list):
            raise _invalid(f"the items of a {value['kind']} are not a list", where)
        for one in items:
            yield from _objects(one, where)
        return
    metadata = manifests.metadata(value)
    if not metadata.get("name") and not metadata.get("generateName"):
        raise _invalid(f"{value['kind']} has no metadata.name", where)
    yield {name: part for name, part in value.items() if name != "status"}


def _invalid(message: str, where: str) -> UserError:
    return UserError(message, reason="InvalidManifest", subject=where)
