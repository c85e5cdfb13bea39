"""Field errors in the words of k8s.io/apimachinery/pkg/util/validation/field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from dokaseca.dock import names
from dokaseca.dock.status_error import Cause

NAME = names.SUBDOMAIN_RULE
LABEL_NAME = names.LABEL_RULE
IMMUTABLE = "field is immutable"


def show(value: Any) -> str:
    """A value as an error prints it: strings quoted, the rest as JSON."""
    text = orjson.dumps(value).decode()
    return text if len(text) <= 512 else text[:512] + "..."


class Errors:
    """Collects causes; every method names the field first."""

    def __init__(self) -> None:
        self.causes: list[Cause] = []

    def __bool__(self) -> bool:
        return bool(self.causes)

    def required(self, path: str, detail: str = "") -> None:
        """A value must be there."""
        self.causes.append(Cause("FieldValueRequired", f"Required value{': ' + detail if detail else ''}", path))

    def invalid(self, path: str, value: Any, detail: str) -> None:
        """A value is there and wrong."""
        self.causes.append(Cause("FieldValueInvalid", f"Invalid value: {show(value)}: {detail}", path))

    def type_invalid(self, path: str, value: Any, detail: str) -> None:
        """A value has another type than the schema says."""
        self.causes.append(Cause("FieldValueTypeInvalid", f"Invalid value: {show(value)}: {detail}", path))

    def unsupported(self, path: str, value: Any, valid: Iterable[Any]) -> None:
        """A value is not one of those that are allowed."""
        choices = ", ".join(show(choice) for choice in valid)
        message = f"Unsupported value: {show(value)}: supported values: {choices}"
        self.causes.append(Cause("FieldValueNotSupported", message, path))

    def duplicate(self, path: str, value: Any) -> None:
        """A value stands twice where it may stand once."""
        self.causes.append(Cause("FieldValueDuplicate", f"Duplicate value: {show(value)}", path))

    def not_found(self, path: str, value: Any) -> None:
        """A value refers to something that is not there."""
        self.causes.append(Cause("FieldValueNotFound", f"Not found: {show(value)}", path))

    def forbidden(self, path: str, detail: str) -> None:
        """A value may not be set, or not changed."""
        self.causes.append(Cause("FieldValueForbidden", f"Forbidden: {detail}", path))

    def too_long(self, path: str, limit: int) -> None:
        """A text exceeds its limit."""
        self.causes.append(Cause("FieldValueTooLong", f"Too long: may not be more than {limit} bytes", path))

    def too_many(self, path: str, count: int, limit: int) -> None:
        """A list exceeds its limit."""
        message = f"Too many: {count}: must have at most {limit} items"
        self.causes.append(Cause("FieldValueTooMany", message, path))

    def immutable(self, path: str, new: Any, old: Any) -> None:
        """`new` must equal `old`."""
        if new != old:
            self.invalid(path, new, IMMUTABLE)
