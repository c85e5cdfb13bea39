"""A request to a resource, parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dokaseca.dock import status_error
from dokaseca.dock.negotiation import Output
from dokaseca.dock.resources import ResourceType
from dokaseca.ports.wire import WireRequest

_TRUE = frozenset({"true", "1", "t", "T", "TRUE", "True"})
_MANAGER_LIMIT = 128  # bytes of a field manager's name
_OPTIONS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of which objects.

    Attributes:
        of: the kind at the version in the path.
        namespace: empty for cluster-scoped kinds, and for all namespaces.
        name: empty for collections.
        query: the last value per name.
    """

    request: WireRequest
    of: ResourceType
    namespace: str
    name: str
    subresource: str
    query: Mapping[str, str]
    output: Output

    def flag(self, name: str) -> bool:
        """Whether a boolean option is on."""
        return self.query.get(name, "") in _TRUE

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing may be stored.

        Raises:
            StatusError: 422, a value that Kubernetes does not know.
        """
        value = self.query.get("dryRun", "")
        if value not in ("", "All"):
            raise self.bad_option(
                "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: "All"', "dryRun"
            )
        return value == "All"

    @property
    def field_manager(self) -> str:
        """Who writes: the option, or the user agent's first word as kube-apiserver takes it.

        Raises:
            StatusError: 422, the option is too long or holds what cannot be printed.
        """
        manager = self.query.get("fieldManager", "")
        if manager:
            self._check_manager(manager)
        else:
            manager = self.request.headers.get("user-agent", "").partition("/")[0]
        return re.sub(r"[^\x20-\x7e]", "", manager)[:_MANAGER_LIMIT] or "unknown"

    @property
    def validation(self) -> str:
        """`fieldValidation`: Ignore, Warn or Strict.

        Raises:
            StatusError: 422, another value.
        """
        value = self.query.get("fieldValidation", "") or "Warn"
        if value not in ("Ignore", "Warn", "Strict"):
            message = f'Unsupported value: "{value}": supported values: "", "Ignore", "Strict", "Warn"'
            raise self.bad_option("FieldValueNotSupported", message, "fieldValidation")
        return value

    def bad_option(self, reason: str, message: str, option: str) -> status_error.StatusError:
        """422 for an option in the query, named after the kind of options that the method takes."""
        kind = _OPTIONS.get(self.request.method, "ListOptions")
        return status_error.invalid("meta.k8s.io", kind, "", [status_error.Cause(reason, message, option)])

    def _check_manager(self, manager: str) -> None:
        if len(manager.encode()) > _MANAGER_LIMIT:
            message = f"Too long: may not be more than {_MANAGER_LIMIT} bytes"
            raise self.bad_option("FieldValueTooLong", message, "fieldManager")
        for position, character in enumerate(manager):
            if not character.isprintable():
                shown = f"invalid character U+{ord(character):04X} (at position {position})"
                message = f'Invalid value: "{manager}": {shown}'
                raise self.bad_option("FieldValueInvalid", message, "fieldManager")

    def not_found(self, name: str = "") -> status_error.StatusError:
        """404 for the object asked for."""
        return status_error.not_found(self.of.group, self.of.plural, name or self.name)
