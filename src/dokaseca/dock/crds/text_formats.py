"""Formats of texts that a schema may name (kube-openapi/pkg/validation/strfmt); unknown ones are not checked."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final

from dokaseca.dock.cel.functions import formats, network

_HOSTNAME = r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?"
_UUID = r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?%s[0-9a-fA-F]{3}-?%s[0-9a-fA-F]{3}-?[0-9a-fA-F]{12}"
_DURATION = r"[-+]?(\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?)"
_ANY = "[0-9a-fA-F]"


def _form(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: len(text) <= 2_048 and compiled.fullmatch(text) is not None


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "uri": network.is_url,
    "email": _form(r"[^\s@<>]+@[^\s@<>]+"),
    "hostname": lambda text: len(text) <= 255 and _form(rf"{_HOSTNAME}(\.{_HOSTNAME})*")(text),
    "ipv4": lambda text: _is_address(text, 4),
    "ipv6": lambda text: _is_address(text, 6),
    "cidr": network.is_cidr,
    "mac": _form(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}"),
    "uuid": _form(_UUID % (_ANY, _ANY)),
    "uuid3": _form(_UUID % ("3", _ANY)),
    "uuid4": _form(_UUID % ("4", "[89abAB]")),
    "uuid5": _form(_UUID % ("5", "[89abAB]")),
    "hexcolor": _form(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "byte": _is_base64,
    "date": formats.is_date,
    "date-time": formats.is_datetime,
    "datetime": formats.is_datetime,
    "duration": _form(rf"({_DURATION})+|0"),
    "bsonobjectid": _form(r"[0-9a-fA-F]{24}"),
}


def is_valid(name: str, text: str) -> bool:
    """Whether `text` has format `name`."""
    check = _CHECKS.get(name)
    return check is None or check(text)
