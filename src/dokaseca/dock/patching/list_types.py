"""Which lists and maps are atomic, sets or keyed, for server-side apply and strategic merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dokaseca.model.identity import GroupVersionKind


@dataclass(frozen=True, slots=True)
class ListTypes:
    """The types of one kind."""


def for_builtin(gvk: GroupVersionKind) -> ListTypes:
    """The types of a built-in kind, from the table; cached.

    Raises:
        NotFoundError: `gvk` is not a built-in kind.
    """
    raise NotImplementedError


def for_crd(schema: Mapping[str, Any]) -> ListTypes:
    """The types that a CustomResourceDefinition's `openAPIV3Schema` declares. Keep the result per CRD version."""
    raise NotImplementedError


def deduced() -> ListTypes:
    """Types for objects without a schema: maps are granular, lists are atomic."""
    raise NotImplementedError
