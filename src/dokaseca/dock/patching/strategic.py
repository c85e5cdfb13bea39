"""Kubernetes' strategic merge patches."""

from __future__ import annotations

from typing import Any

from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest


def apply(document: Manifest, patch: Any, gvk: GroupVersionKind) -> Manifest:
    """`document` with `patch` merged in, lists by their merge keys.

    Raises:
        UserError: reason UnsupportedMediaType: `gvk` is not a built-in kind (custom resources have no merge keys);
            reason BadRequest: an unknown directive, or a list item without its merge key.
    """
    raise NotImplementedError
