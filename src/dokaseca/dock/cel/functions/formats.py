"""`format.dns1123Label().validate(text)`: apiserver/pkg/cel/library/format.go.

`validate` answers the list of what is wrong, empty where CEL's library answers no value at all.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from dokaseca.dock import names
from dokaseca.dock.cel.functions import network, tagged

KIND = "format"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_PATTERNS: Final = {
    "dns1123Label": (_LABEL, 63, names.LABEL_RULE),
    "dns1123LabelPrefix": (rf"{_LABEL}-?", 63, names.LABEL_RULE),
    "dns1123Subdomain": (rf"{_LABEL}(\.{_LABEL})*", 253, names.SUBDOMAIN_RULE),
    "dns1123SubdomainPrefix": (rf"{_LABEL}(\.{_LABEL})*[-.]?", 253, names.SUBDOMAIN_RULE),
    "dns1035Label": (r"[a-z]([-a-z0-9]*[a-z0-9])?", 63, "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"),  # noqa: E501 - the server's sentence
    "dns1035LabelPrefix": (r"[a-z]([-a-z0-9]*[a-z0-9])?-?", 63, "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"),  # noqa: E501 - the server's sentence
}  # fmt: skip


def _by_pattern(name: str, text: str) -> list[str]:
    pattern, limit, rule = _PATTERNS[name]
    found = [] if len(text) <= limit else [f"must be no more than {limit} bytes"]
    return found if re.fullmatch(pattern, text[: limit + 1]) else [*found, rule]


def _uri(text: str) -> list[str]:
    return [] if network.is_url(text) else ["invalid URL"]


def _uuid(text: str) -> list[str]:
    try:
        uuid.UUID(text)
    except ValueError:
        return ["does not match the UUID format"]
    return []


def _byte(text: str) -> list[str]:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ["invalid base64"]
    return []


def is_date(text: str) -> bool:
    """A full-date of RFC 3339."""
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_datetime(text: str) -> bool:
    """A date-time of RFC 3339."""
    form = r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})"
    found = re.fullmatch(form, text, re.ASCII) if len(text) <= 64 else None
    if found is None:
        return False
    try:
        return bool(datetime.fromisoformat(text.upper().replace(found[1] or "\0", "", 1)))
    except ValueError:
        return False


_BY_NAME: Final[dict[str, Callable[[str], list[str]]]] = {
    **{name: (lambda text, name=name: _by_pattern(name, text)) for name in _PATTERNS},  # type: ignore[misc]
    "qualifiedName": names.key_problems,
    "labelValue": names.value_problems,
    "uri": _uri,
    "uuid": _uuid,
    "byte": _byte,
    "date": lambda text: [] if is_date(text) else ["invalid date"],
    "datetime": lambda text: [] if is_datetime(text) else ["invalid datetime"],
}
NAMES: Final = tuple(_BY_NAME)


def named(name: str) -> list[dict[str, Any]]:
    """The format of that name: a list of one, or of none."""
    return [tagged.make(KIND, name)] if name in _BY_NAME else []


def validate(value: Any, text: str) -> list[str]:
    """What is wrong with `text`.

    Raises:
        ValueError: `value` is no format.
    """
    if isinstance(value, list):  # what `named` answers
        value = value[0] if value else None
    return _BY_NAME[tagged.text(value, KIND)](text)
