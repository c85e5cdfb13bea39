"""OpenAPI v2: which kinds can be patched, and with which options.

Clients of today read schemas from v3; kubectl still asks v2, in protobuf, whether the server validates fields itself
before it applies a `List`. So the document holds the patch operations, without schemas.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from dokaseca.dock import discovery
from dokaseca.dock.resources import Registry, ResourceType

PROTOBUF: Final = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
PROTOBUF_TYPE: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
OPTIONS: Final = ("dryRun", "fieldManager", "fieldValidation")
_KIND: Final = "x-kubernetes-group-version-kind"


def document(registry: Registry) -> dict[str, Any]:
    """The document as JSON."""
    parameters = [{"name": name, "in": "query", "type": "string"} for name in OPTIONS]
    paths = {path: {"patch": {_KIND: kind, "parameters": parameters}} for path, kind in _patches(registry)}
    return {"swagger": "2.0", "info": _info(), "paths": paths, "definitions": {}}


def protobuf(registry: Registry) -> bytes:
    """The same document in the message types of gnostic's OpenAPIv2.proto; field numbers stand beside their names."""
    parameters = b"".join(_field(8, _query_parameter(name)) for name in OPTIONS)  # Operation.parameters
    paths = b"".join(
        _field(2, _text(1, path) + _field(2, _field(8, _extension(kind) + parameters)))  # Paths.path, PathItem.patch
        for path, kind in _patches(registry)
    )
    info = _text(1, _info()["title"]) + _text(2, _info()["version"])
    return _text(1, "2.0") + _field(2, info) + _field(8, paths) + _field(9, b"")


def _patches(registry: Registry) -> Iterator[tuple[str, dict[str, str]]]:
    for of in registry:
        if "patch" in of.verbs:
            yield _path(of), {"group": of.group, "version": of.version, "kind": of.kind}


def _path(of: ResourceType) -> str:
    base = f"/apis/{of.group}/{of.version}" if of.group else f"/api/{of.version}"
    return f"{base}/namespaces/{{namespace}}/{of.plural}/{{name}}" if of.namespaced else f"{base}/{of.plural}/{{name}}"


def _info() -> dict[str, str]:
    return {"title": "Kubernetes", "version": discovery.GIT_VERSION}


def _query_parameter(name: str) -> bytes:
    """ParametersItem.parameter, Parameter.non_body_parameter, NonBodyParameter.query_parameter_sub_schema."""
    schema = _text(2, "query") + _text(4, name) + _text(6, "string")
    return _field(1, _field(2, _field(3, schema)))


def _extension(kind: dict[str, str]) -> bytes:
    """Operation.vendor_extension: NamedAny.name, and NamedAny.value with Any.yaml."""
    return _field(13, _text(1, _KIND) + _field(2, _text(2, orjson.dumps(kind).decode())))


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
