"""What rendering gives."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class RenderedSet:
    """The manifests of one Application.

    Attributes:
        objects: in rendered order, later sources after earlier ones.
        digest: of the objects: equal digests, equal objects.
        source_types: `Helm`, `Kustomize` or `Directory` per source; empty for a source that is only referred to.
        origins: the file or template that each object came from, aligned with `objects`.
        warnings: one sentence each, for conditions.
    """

    objects: tuple[Manifest, ...]
    digest: str
    source_types: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
