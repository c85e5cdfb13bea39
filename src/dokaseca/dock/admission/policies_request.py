"""A request as admission policies see it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dokaseca.dock.resources import ResourceType
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to happen.

    Attributes:
        of: the kind, at the version of `manifest` and `old`.
        requested: the kind at the version that the client used.
        operation: CREATE, UPDATE or DELETE.
        manifest: the object as it would be, None on a deletion.
        old: the object as it is, None on a creation.
    """

    of: ResourceType
    requested: ResourceType
    subresource: str
    operation: str
    name: str
    namespace: str
    manifest: Manifest | None
    old: Manifest | None
    user: dict[str, Any]
    is_dry_run: bool

    def in_version(self, of: ResourceType, manifest: Manifest | None, old: Manifest | None) -> Request:
        """The same request in another version."""
        return replace(self, of=of, manifest=manifest, old=old)

    @property
    def document(self) -> dict[str, Any]:
        """`request` in expressions: an AdmissionRequest without its objects."""
        options = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}[self.operation]
        return {
            "uid": str(uuid.uuid4()),
            "kind": _kind(self.of),
            "resource": _resource(self.of),
            "subResource": self.subresource,
            "requestKind": _kind(self.requested),
            "requestResource": _resource(self.requested),
            "requestSubResource": self.subresource,
            "name": self.name,
            "namespace": self.namespace,
            "operation": self.operation,
            "userInfo": {"username": "", "uid": "", "groups": [], "extra": {}, **self.user},
            "dryRun": self.is_dry_run,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": options},
        }


def _kind(of: ResourceType) -> dict[str, str]:
    return {"group": of.group, "version": of.version, "kind": of.kind}


def _resource(of: ResourceType) -> dict[str, str]:
    return {"group": of.group, "version": of.version, "resource": of.plural}


Namespaces = Callable[[str], Manifest | None]
