"""OCI registries: tags, manifests and blobs of the repositories in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Layer:
    """One blob that a manifest names: `digest` as `sha256:<hex>`, `size_bytes` as the manifest claims it."""

    media_type: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Place:
    """A repository of a registry, and who asks.

    Attributes:
        url: `oci://host[:port]/name`, or the same without `oci://`.
        secret_url: the URL whose Secret counts, where that is another than `url`: a chart lies below its repoURL.
        scope: the project whose own credentials are used, empty for everybody's.
    """

    url: str
    secret_url: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class OciManifest:
    """What one artefact consists of."""

    digest: str
    layers: tuple[Layer, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)


class Registry(Protocol):
    """All registries. Every method may raise:

    UserError: reasons InvalidURL (no such form), InvalidCredentials (its Secret is wrong), TooLarge,
        UnsafeRedirect, InvalidArtifact (the answer makes no sense).
    DeniedError: reason RepositoryDenied: credentials refused, or no such repository: most registries do not tell.
    TransientError: reason RepositoryUnreachable: no answer in time.
    IntegrityError: reason DigestMismatch: what came is not what was asked for.
    """

    async def tags(self, at: Place) -> tuple[str, ...]:
        """All tags, in the registry's order.

        Raises:
            NotFoundError: no such repository.
        """
        ...

    async def digest(self, at: Place, reference: str) -> str:
        """The digest of the manifest that a tag or digest stands for now. Cheap enough to poll.

        Raises:
            NotFoundError: no such tag.
        """
        ...

    async def manifest(self, at: Place, digest: str) -> OciManifest:
        """A manifest by its digest.

        Raises:
            NotFoundError: no such manifest.
            UserError: reason InvalidArtifact: it is none of a single artefact.
        """
        ...

    async def blob(self, at: Place, digest: str, limit_bytes: int) -> bytes:
        """A blob, whole.

        Raises:
            NotFoundError: no such blob.
        """
        ...
