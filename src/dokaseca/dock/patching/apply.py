"""Server-side apply, and who owns which field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dokaseca.dock.patching.list_types import ListTypes
from dokaseca.model.errors import ConflictError
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that another manager owns with another value.

    Attributes:
        manager: that manager's name.
        field: the path as kubectl shows it, e.g. `.spec.template.spec.containers[name="x"].image`.
        message: `conflict with "<manager>" using apps/v1`, the form of a Status cause (reason FieldManagerConflict).
    """

    manager: str
    field: str
    message: str


class Conflicts(ConflictError):
    """Other managers own fields that the apply would change; `conflicts` says which, for Status.details.causes."""

    default_reason = "Conflict"

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__("Apply failed")
        self.conflicts = tuple(conflicts)


def apply(
    live: Manifest | None,
    applied: Manifest,
    *,
    manager: str,
    force: bool,
    api_version: str,
    schema: ListTypes,
    time: str,
    subresource: str = "",
) -> Manifest:
    """The object after `manager` declared `applied` to be all it wants of it, `metadata.managedFields` included.

    Equal to `live` (the same object) when nothing changes, times included.

    Args:
        live: the stored object, or None to create it.
        time: RFC 3339, for the manager's entry when it changes.

    Raises:
        Conflicts: others own fields with other values and `force` is off.
        UserError: reason Invalid: `applied` carries managedFields, or a keyed list has duplicate or incomplete keys.
    """
    raise NotImplementedError


def track_update(
    old: Manifest | None,
    new: Manifest,
    *,
    manager: str,
    operation_time: str,
    api_version: str,
    schema: ListTypes,
    subresource: str = "",
) -> Manifest:
    """`new` with `metadata.managedFields` brought up to date after a create (old is None), update or patch by `manager`.

    managedFields in `new` count as the caller's own edit (as kubectl sends them to move ownership), `[{}]` resets them,
    none at all keeps those of `old`. Where nothing changed, entries and times stay as they are.
    """
    raise NotImplementedError
