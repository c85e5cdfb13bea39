"""One cluster, as the verbs see it: its store, its kinds, its clock."""

from __future__ import annotations

import asyncio
import uuid

import orjson

from dokaseca.dock import conversion
from dokaseca.dock.accounts import Accounts
from dokaseca.dock.admission.policies import Policies
from dokaseca.dock.admission.services import Allocator
from dokaseca.dock.authz.roles import Roles
from dokaseca.dock.crds import definition
from dokaseca.dock.crds.served import Served
from dokaseca.dock.jwt import Signer
from dokaseca.dock.patching import list_types
from dokaseca.dock.resources import Registry, ResourceType
from dokaseca.dock.store.history import Change, Stored
from dokaseca.dock.store.objects import Store
from dokaseca.kit import clock as clocks
from dokaseca.kit.clock import Clock
from dokaseca.model.manifest import Manifest

SERVICES = "services"
NAMESPACES = "namespaces"


class ClusterState:
    """Everything that requests to one cluster share.

    Args:
        name: of the cluster, for messages.
        store: its objects.
        ca_pem: the certificate authority that `kube-root-ca.crt` publishes, empty for none.
        signer: of ServiceAccount tokens; without one, tokens end with the process.

    Attributes:
        closing: set when the server stops; ends watches.
    """

    def __init__(
        self, name: str, store: Store, *, clock: Clock, ca_pem: str = "", signer: Signer | None = None
    ) -> None:
        self.name = name
        self.store = store
        self.clock = clock
        self.ca_pem = ca_pem
        self.registry = Registry()
        self.served = Served(self.registry)
        self.allocator = Allocator()
        self.accounts = Accounts(store, clock, signer or Signer())
        self.roles = Roles(store)
        self.policies = Policies(store, self.registry)
        self.closing = asyncio.Event()
        for stored in store.scan(definition.TABLE):
            self.served.accept(stored.data, stored.revision)
        self.allocator.take(orjson.loads(stored.data) for stored in store.scan(SERVICES))
        store.observe(self._follow)

    def now(self) -> str:
        """The current time as metadata writes it."""
        return clocks.rfc3339(self.clock.now())

    def lists(self, of: ResourceType) -> list_types.ListTypes:
        """How server-side apply merges objects of a kind."""
        return self.served.of(of).lists if of.definition else list_types.for_builtin(of.gvk)

    def read(self, stored: Stored) -> Manifest:
        """A fresh copy of a stored object, in the version it is stored in."""
        manifest: Manifest = orjson.loads(stored.data)
        return manifest

    def in_version(self, stored: Stored, of: ResourceType) -> Manifest:
        """A fresh copy of a stored object as `of`'s version, complete by the schema of today."""
        manifest = conversion.from_storage(self.read(stored), of)
        version = self.served.of_path_or_none(of.path) if of.definition else None
        if version is not None and (version.since > stored.revision or not of.is_stored_form):
            version.refresh(manifest)
        return manifest

    def is_outdated(self, stored: Stored, of: ResourceType) -> bool:
        """Whether a custom object was written before its schema was last changed."""
        version = self.served.of_path_or_none(of.path) if of.definition else None
        return version is not None and version.since > stored.revision

    def _follow(self, table: str, change: Change) -> None:
        """Keep what is derived from objects in step with them."""
        if table == SERVICES:
            if change.before is not None:
                self.allocator.release(self.read(change.before))
            if not change.gone:
                self.allocator.take([self.read(change.after)])
        elif table == definition.TABLE:
            if change.gone:
                self.served.forget(change.after.name)
            elif change.before is None or _spec_or_conditions_changed(change):
                self.served.accept(change.after.data, change.after.revision)


def _spec_or_conditions_changed(change: Change) -> bool:
    if change.before is None:
        return True
    old, new = orjson.loads(change.before.data), orjson.loads(change.after.data)
    return any(old.get(part) != new.get(part) for part in ("spec", "status"))


def new_uid() -> str:
    """A uid for a new object."""
    return str(uuid.uuid4())
