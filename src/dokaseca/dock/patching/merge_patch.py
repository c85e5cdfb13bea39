"""JSON merge patches (RFC 7386) on objects."""

from __future__ import annotations

from typing import Any

from dokaseca.kit import json_merge
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest


def apply(document: Manifest, patch: Any) -> Manifest:
    """`document` with `patch` merged in: null deletes, objects merge, everything else replaces.

    Neither argument is changed; the result shares what did not change.

    Raises:
        UserError: reason BadRequest: `patch` is not an object (an object's patch may not turn it into something else).
    """
    if not isinstance(patch, dict):
        raise UserError("a merge patch must be a JSON object; send {...}", reason="BadRequest")
    merged: Manifest = json_merge.apply(document, patch)
    return merged
