"""What names, label keys and label values may be, in the server's sentences (apimachinery's util/validation)."""

from __future__ import annotations

import re
from typing import Final

KEY_CHARACTERS: Final = 63  # of the part behind the slash, and of a label's value
_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAME: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")

LABEL_RULE: Final = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"  # noqa: E501 - the server's sentence
SUBDOMAIN_RULE: Final = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"  # noqa: E501 - the server's sentence
_NAME_RULE: Final = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"  # noqa: E501 - the server's sentence
_VALUE_RULE: Final = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"  # noqa: E501 - the server's sentence
_KEY_RULE: Final = (
    f"a qualified name {_NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)


def key_problems(key: str) -> list[str]:
    """What is wrong with a key of labels or annotations."""
    parts = key.split("/")
    if len(parts) > 2:
        return [_KEY_RULE]
    found = _prefix_problems(parts[0]) if len(parts) == 2 else []
    name = parts[-1]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > KEY_CHARACTERS:
        found.append(f"name part must be no more than {KEY_CHARACTERS} bytes")
    return found if _NAME.fullmatch(name) else [*found, f"name part {_NAME_RULE}"]


def value_problems(value: str) -> list[str]:
    """What is wrong with a label's value."""
    found = [f"must be no more than {KEY_CHARACTERS} bytes"] if len(value) > KEY_CHARACTERS else []
    return found if not value or _NAME.fullmatch(value) else [*found, _VALUE_RULE]


def _prefix_problems(prefix: str) -> list[str]:
    if not prefix:
        return ["prefix part must be non-empty"]
    found = ["prefix part must be no more than 253 bytes"] if len(prefix) > 253 else []
    return found if _SUBDOMAIN.fullmatch(prefix) else [*found, f"prefix part {SUBDOMAIN_RULE}"]
