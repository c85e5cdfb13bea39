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
            cause = status_error.Cause(
                "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: "All"', "dryRun"
            )
            raise status_error.invalid("meta.k8s.io", "CreateOptions", "", [cause])
        return value == "All"

    @property
    def field_manager(self) -> str:
        """Who writes: the option, or the user agent's first word as kube-apiserver takes it."""
        manager = self.query.get("fieldManager", "")
        if not manager:
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
            cause = status_error.Cause("FieldValueNotSupported", message, "fieldValidation")
            raise status_error.invalid("meta.k8s.io", "CreateOptions", "", [cause])
        return value

    def not_found(self, name: str = "") -> status_error.StatusError:
        """404 for the object asked for."""
        return status_error.not_found(self.of.group, self.of.plural, name or self.name)
