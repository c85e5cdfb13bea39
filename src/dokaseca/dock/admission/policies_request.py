"""A request as admission policies see it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dokaseca.dock import authn
from dokaseca.dock.authn import Identity
from dokaseca.dock.authz.attributes import Attributes
from dokaseca.dock.authz.roles import Decision
from dokaseca.dock.resources import ResourceType
from dokaseca.model.manifest import Manifest

_OPTIONS: Final = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}
Namespaces = Callable[[str], Manifest | None]
Authorize = Callable[[Identity, Attributes], Decision]


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to happen.

    Attributes:
        of: the kind, at the version of `manifest` and `old`.
        requested: the kind at the version that the client used.
        operation: CREATE, UPDATE or DELETE.
        manifest: the object as it would be, None on a deletion.
        old: the object as it is, None on a creation.
        identity: who asks.
        authorize: decides what expressions ask `authorizer`.
        view: the kind of `manifest` and `old` where a subresource has one of its own, as `scale` has.
    """

    of: ResourceType
    requested: ResourceType
    subresource: str
    operation: str
    name: str
    namespace: str
    manifest: Manifest | None
    old: Manifest | None
    identity: Identity
    authorize: Authorize
    is_dry_run: bool
    view: ResourceType | None = None
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def in_version(self, of: ResourceType, manifest: Manifest | None, old: Manifest | None) -> Request:
        """The same request in another version."""
        return replace(self, of=of, manifest=manifest, old=old)

    def with_object(self, manifest: Manifest) -> Request:
        """The same request for another object."""
        return replace(self, manifest=manifest)

    @property
    def document(self) -> dict[str, Any]:
        """`request` in expressions: an AdmissionRequest without its objects."""
        return {
            "uid": self.uid,
            "kind": _kind(self.view or self.of),
            "resource": _resource(self.of),
            "subResource": self.subresource,
            "requestKind": _kind(self.view or self.requested),
            "requestResource": _resource(self.requested),
            "requestSubResource": self.subresource,
            "name": self.name,
            "namespace": self.namespace,
            "operation": self.operation,
            "userInfo": {"username": "", "uid": "", "groups": [], "extra": {}, **self.identity.document},
            "dryRun": self.is_dry_run,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": _OPTIONS[self.operation]},
        }

    def decide(self, asked: dict[str, str]) -> tuple[bool, str]:
        """What an expression asks of `authorizer`; see `cel.functions.authorization.Decide`."""
        identity = self.identity
        if account := asked.get("account"):
            namespace, _, name = account.partition("/")
            groups = (*authn.account_groups(namespace), authn.AUTHENTICATED)
            identity = Identity(authn.account_user(namespace, name), groups)
        wanted = {key: asked[key] for key in ("group", "resource", "subresource", "namespace", "name") if key in asked}
        path = {"path": asked["path"]} if "path" in asked else {}
        decision = self.authorize(identity, Attributes(asked["verb"], **wanted, **path))
        return decision.allowed, decision.reason


def _kind(of: ResourceType) -> dict[str, str]:
    return {"group": of.group, "version": of.version, "kind": of.kind}


def _resource(of: ResourceType) -> dict[str, str]:
    return {"group": of.group, "version": of.version, "resource": of.plural}
