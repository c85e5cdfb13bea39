"""JSON patches (RFC 6902)."""

from __future__ import annotations

from typing import Any

from dokaseca.model.errors import ConflictError
from dokaseca.model.manifest import Manifest


class PatchTestFailed(ConflictError):
    """A `test` operation found another value: nothing was changed. kube-apiserver answers 422 Invalid."""

    default_reason = "Invalid"


def apply(document: Manifest, operations: Any) -> Manifest:
    """`document` after all `operations`, in order; none of them if one fails.

    Raises:
        PatchTestFailed: a `test` found another value, or none.
        UserError: reason Invalid: a malformed operation, or a path that does not exist (reason BadRequest when
            `operations` is not a list of objects).
    """
    raise NotImplementedError
