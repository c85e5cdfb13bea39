"""A Kubernetes cluster as the engine, the controllers and the dock's simulator see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dokaseca.model.identity import GroupKind, GroupVersionKind
from dokaseca.model.manifest import Manifest

PatchType = Literal[
    "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"
]
Propagation = Literal["Foreground", "Background", "Orphan"]
FieldValidation = Literal["Strict", "Warn", "Ignore"]
EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind as the server's discovery lists it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]
    subresources: frozenset[str] = frozenset()
    preferred: bool = True

    @property
    def gvk(self) -> GroupVersionKind:
        return GroupVersionKind(self.group, self.version, self.kind)

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)


@dataclass(frozen=True, slots=True)
class Listing:
    """A consistent list: `items` carry apiVersion and kind; watch on from `resource_version`."""

    items: list[Manifest]
    resource_version: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change; a BOOKMARK's object holds only metadata.resourceVersion."""

    type: EventType
    object: Manifest


class Cluster(Protocol):
    """Every method may raise, beside what it lists: DeniedError (401, 403), TransientError (no answer, 429, 5xx),
    UserError (400, 405, 413, 415, 422; also "no matches for kind", reason `NoKindMatch`, and a name or namespace that
    is no path segment). tests/contract holds every implementation to what is written here.

    `validation` is what a write does about fields that the kind does not have, or that are written twice: refuse
    (UserError), or drop them. Server-side apply refuses unknown fields of built-in kinds whatever it says."""

    @property
    def name(self) -> str:
        """The cluster's name in messages."""
        ...

    @property
    def server(self) -> str:
        """The API server's URL: the cluster's identity in Argo CD's terms."""
        ...

    async def version(self) -> str:
        """`gitVersion`, e.g. `v1.36.0`."""
        ...

    async def resources(self, *, refresh: bool = False) -> Sequence[Resource]:
        """Every kind that the server serves, from the client's discovery cache unless `refresh`."""
        ...

    async def resource(self, gvk: GroupVersionKind) -> Resource:
        """The resource that serves `gvk`; an unknown kind refreshes discovery once.

        Raises:
            UserError: reason NoKindMatch: the server does not serve it.
        """
        ...

    async def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> Manifest:
        """One object.

        Raises:
            NotFoundError: it does not exist.
        """
        ...

    async def list(
        self, gvk: GroupVersionKind, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> Listing:
        """All objects of a kind, in one namespace or (empty) in all."""
        ...

    def watch(
        self, gvk: GroupVersionKind, namespace: str = "", *, resource_version: str, label_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """Changes after `resource_version`, until the server ends the connection (the iterator then stops).

        Raises:
            ExpiredError: the position is gone; list again.
        """
        ...

    async def create(
        self,
        manifest: Manifest,
        *,
        dry_run: bool = False,
        field_manager: str = "",
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        """The object as stored.

        Raises:
            ConflictError: reason AlreadyExists.
        """
        ...

    async def update(
        self,
        manifest: Manifest,
        *,
        subresource: str = "",
        dry_run: bool = False,
        field_manager: str = "",
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        """Replace; a `resourceVersion` in the manifest is a precondition.

        Raises:
            NotFoundError: it does not exist.
            ConflictError: it changed meanwhile.
        """
        ...

    async def patch(
        self,
        gvk: GroupVersionKind,
        namespace: str,
        name: str,
        patch: Manifest | Sequence[Manifest],
        *,
        patch_type: PatchType = "application/merge-patch+json",
        subresource: str = "",
        dry_run: bool = False,
        field_manager: str = "",
    ) -> Manifest:
        """The object after `patch`.

        Raises:
            NotFoundError: it does not exist.
            ConflictError: a resourceVersion in the patch does not match, or a JSON patch `test` failed.
        """
        ...

    async def apply(
        self,
        manifest: Manifest,
        *,
        field_manager: str,
        force: bool,
        subresource: str = "",
        dry_run: bool = False,
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        """Server-side apply.

        Raises:
            ConflictError: another manager owns a field and `force` is off.
        """
        ...

    async def delete(
        self,
        gvk: GroupVersionKind,
        namespace: str,
        name: str,
        *,
        propagation: Propagation = "Background",
        uid: str = "",
        dry_run: bool = False,
    ) -> None:
        """Ask for deletion; finalizers may keep the object for a while. `uid` is a precondition.

        Raises:
            NotFoundError: it does not exist.
            ConflictError: it has another uid.
        """
        ...

    def acting_as(self, user: str) -> Cluster:
        """The same cluster, written to as `user` (Kubernetes: impersonation); what is read is read as ourselves.

        It shares the connection of this one and is not closed by itself.
        """
        ...

    async def close(self) -> None:
        """Give back connections; idempotent."""
        ...
