"""Bodies that kubectl's typed commands send: Kubernetes' protobuf envelope, decoded to the JSON that it stands for.

Only reading: every client that writes protobuf also accepts JSON answers. Field numbers come from a derived table.
Wire format: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.data import tables

MEDIA_TYPE: Final = "application/vnd.kubernetes.protobuf"
_MAGIC: Final = b"k8s\x00"
_DEPTH: Final = 64  # deeper than any built-in kind nests
_VARINT_BYTES: Final = 10
_ZERO: Final = ("", 0, 0.0, False, b"")


class _Malformed(ValueError):
    """The bytes are not protobuf."""


def decode(data: bytes) -> dict[str, Any]:
    """The object in a protobuf body.

    Raises:
        StatusError: 400 it does not decode, 415 a kind that has no protobuf form here.
    """
    if not data.startswith(_MAGIC):
        raise status_error.bad_request("the request body does not begin as Kubernetes protobuf does")
    try:
        envelope = {number: value for number, _, value in _fields(data[len(_MAGIC) :])}
        names = {number: value for number, _, value in _fields(envelope.get(1, b""))}
        api_version, kind = names.get(1, b"").decode(), names.get(2, b"").decode()
        raw = envelope.get(2, b"")
        found = tables.protobuf()["kinds"].get(f"{api_version}/{kind}")
        if found is None:
            raise status_error.unsupported_media_type("application/json, application/yaml")
        return {"apiVersion": api_version, "kind": kind, **_message(raw, found, 0)}
    except (
        _Malformed,
        UnicodeDecodeError,
        AttributeError,
        TypeError,
        struct.error,
        OverflowError,
        ValueError,
    ) as error:
        raise status_error.bad_request("the request body is not valid protobuf") from error


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(_VARINT_BYTES):
        if position >= len(data):
            raise _Malformed("truncated")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, position
    raise _Malformed("varint too long")


def _fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """(field number, wire type, value) in order; values are integers or bytes."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value: Any
            value, position = _varint(data, position)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, position = data[position : position + size], position + size
        elif wire == 2:
            size, position = _varint(data, position)
            value, position = data[position : position + size], position + size
        else:
            raise _Malformed(f"wire type {wire}")
        if position > len(data):
            raise _Malformed("truncated")
        yield number, wire, value


def _message(data: bytes, name: str, depth: int) -> dict[str, Any]:
    if depth > _DEPTH:
        raise _Malformed("nested too deep")
    fields: Mapping[str, list[str]] = tables.protobuf()["types"][name]
    found: dict[str, Any] = {}
    for number, _, raw in _fields(data):
        field = fields.get(str(number))
        if field is None:  # a newer client's field: a server that does not know it drops it
            continue
        name_of, kind, of, flags = field
        if "m" in flags:
            key, value = _entry(raw, kind, of, depth)
            found.setdefault(name_of, {})[key] = value
            continue
        value = _value(raw, kind, of, depth)
        if "i" in flags:
            found.update(value)
        elif "r" in flags:
            found.setdefault(name_of, []).append(value)
        elif value is not None and not ("o" in flags and (value in _ZERO or value in ({}, []))):
            found[name_of] = value
    return found


def _entry(data: bytes, kind: str, of: str, depth: int) -> tuple[str, Any]:
    key, raw = "", b""
    for number, _, value in _fields(data):
        if number == 1:
            key = value.decode()
        elif number == 2:
            raw = value
    return key, _value(raw, kind, of, depth)


def _value(raw: Any, kind: str, of: str, depth: int) -> Any:
    if kind == "message":
        return _message(raw, of, depth + 1)
    if kind == "int":
        return raw - (1 << 64) if raw >= 1 << 63 else raw
    return _READERS[kind](raw)


def _bool(raw: int) -> bool:
    return bool(raw)


def _string(raw: bytes) -> str:
    return raw.decode()


def _bytes(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _double(raw: bytes) -> float:
    (value,) = struct.unpack("<d", raw)
    return float(value)


def _time(raw: bytes) -> str | None:
    parts = {number: value for number, _, value in _fields(raw)}
    if not parts:
        return None
    return datetime.fromtimestamp(parts.get(1, 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _micro_time(raw: bytes) -> str | None:
    parts = {number: value for number, _, value in _fields(raw)}
    if not parts:
        return None
    moment = datetime.fromtimestamp(parts.get(1, 0), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{parts.get(2, 0) // 1000:06d}Z"


def _first_text(raw: bytes) -> str:
    """Quantities travel as the text in field 1."""
    return next((value.decode() for number, _, value in _fields(raw) if number == 1), "")


def _int_or_string(raw: bytes) -> int | str:
    parts = {number: value for number, _, value in _fields(raw)}
    if parts.get(1, 0):
        return str(parts.get(3, b"").decode())
    return int(_value(parts.get(2, 0), "int", "", 0))


def _json(raw: bytes) -> Any:
    """RawExtension and FieldsV1 hold JSON in field 1."""
    text = next((value for number, _, value in _fields(raw) if number == 1), b"")
    return orjson.loads(text) if text else None


def _strings(raw: bytes) -> list[str]:
    return [value.decode() for number, _, value in _fields(raw) if number == 1]


def _duration(raw: bytes) -> str:
    nanoseconds = next((value for number, _, value in _fields(raw) if number == 1), 0)
    return f"{nanoseconds / 1e9:g}s"


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "string": _string,
    "bytes": _bytes,
    "double": _double,
    "time": _time,
    "microtime": _micro_time,
    "quantity": _first_text,
    "intstr": _int_or_string,
    "raw": _json,
    "fields": _json,
    "strings": _strings,
    "duration": _duration,
}
