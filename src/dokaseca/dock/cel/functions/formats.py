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

from dokaseca.dock.cel.functions import network, tagged

KIND = "format"
_NAME_LIMIT: Final = 63  # characters of a name or a label's value
_NAME: Final = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_NAME_RULE: Final = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"  # noqa: E501 - the server's sentence
_VALUE_RULE: Final = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"  # noqa: E501 - the server's sentence
_LABEL_RULE: Final = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"  # noqa: E501 - the server's sentence
_SUBDOMAIN_RULE: Final = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"  # noqa: E501 - the server's sentence
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_PATTERNS: Final = {
    "dns1123Label": (_LABEL, 63, _LABEL_RULE),
    "dns1123LabelPrefix": (rf"{_LABEL}-?", 63, _LABEL_RULE),
    "dns1123Subdomain": (rf"{_LABEL}(\.{_LABEL})*", 253, _SUBDOMAIN_RULE),
    "dns1123SubdomainPrefix": (rf"{_LABEL}(\.{_LABEL})*[-.]?", 253, _SUBDOMAIN_RULE),
    "dns1035Label": (r"[a-z]([-a-z0-9]*[a-z0-9])?", 63, "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"),  # noqa: E501 - the server's sentence
    "dns1035LabelPrefix": (r"[a-z]([-a-z0-9]*[a-z0-9])?-?", 63, "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"),  # noqa: E501 - the server's sentence
}  # fmt: skip


def _by_pattern(name: str, text: str) -> list[str]:
    pattern, limit, rule = _PATTERNS[name]
    found = [] if len(text) <= limit else [f"must be no more than {limit} bytes"]
    return found if re.fullmatch(pattern, text[: limit + 1]) else [*found, rule]


def _qualified(text: str) -> list[str]:
    prefix, slash, name = text.rpartition("/")
    found = [f"prefix part {rule}" for rule in (_by_pattern("dns1123Subdomain", prefix) if slash else ())]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > _NAME_LIMIT:
        found.append(f"name part must be no more than {_NAME_LIMIT} bytes")
    return found if re.fullmatch(_NAME, name[:_NAME_LIMIT]) else [*found, f"name part {_NAME_RULE}"]


def _label_value(text: str) -> list[str]:
    found = [] if len(text) <= _NAME_LIMIT else [f"must be no more than {_NAME_LIMIT} bytes"]
    return found if not text or re.fullmatch(_NAME, text[:_NAME_LIMIT]) else [*found, _VALUE_RULE]


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
    "qualifiedName": _qualified,
    "labelValue": _label_value,
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
