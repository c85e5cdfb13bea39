"""As whom an Application's objects are written: the project's `destinationServiceAccounts`. Pure (Argo CD: C1)."""

from __future__ import annotations

import re

from dokaseca.kit import globs
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\Z")


def user_or_none(project: Manifest, *, server: str, namespace: str, home: str) -> str | None:
    """The user of the first entry whose globs cover the destination, None where none does.

    Args:
        server: of the destination cluster.
        namespace: the destination's; an account that names no namespace of its own lives there.
        home: the Application's own namespace, for a destination without one.

    Raises:
        ValueError: the entry that covers the destination names no ServiceAccount; later ones do not count.
    """
    for entry in manifests.get(project, "spec", "destinationServiceAccounts", default=[]):
        if not isinstance(entry, dict):
            raise ValueError("an entry is not a mapping")
        patterns = str(entry.get("server") or ""), str(entry.get("namespace") or "")
        if not globs.matches(patterns[0], server) or not globs.matches(patterns[1], namespace):
            continue
        said = str(entry.get("defaultServiceAccount") or "").strip()
        place, separator, name = said.partition(":")
        account = (place, name) if separator else (namespace or home, said)
        if not all(_NAME.match(part) for part in account):
            raise ValueError(f"defaultServiceAccount {said[:100]!r} is neither NAME nor NAMESPACE:NAME")
        return "system:serviceaccount:{}:{}".format(*account)
    return None
