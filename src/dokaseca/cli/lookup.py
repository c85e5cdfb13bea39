"""Names that people type become objects of the hub; a name that is not there is answered with those that are near."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from dokaseca.engine import destinations
from dokaseca.engine.destinations import Registration
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError
from dokaseca.model.identity import GroupVersionKind, NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.session import PROJECTS, Session

NAMESPACE = "argocd"
SECRETS = GroupVersionKind("", "v1", "Secret")
NAMES_SHOWN = 10
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\Z")


async def application(session: Session, name: str) -> Manifest:
    """The Application that `name` or `namespace/name` means; the namespace is argocd unless given.

    Raises:
        NotFoundError: there is none; the message suggests others.
    """
    key = parse(name)
    if all(_NAME.match(part) for part in key):
        try:
            return await session.hub.get(applications.GVK, key.namespace, key.name)
        except NotFoundError:
            pass
    known = [title(one) for one in (await session.hub.list(applications.GVK)).items]
    raise unknown("Application", name.removeprefix(f"{NAMESPACE}/"), known)


async def project(session: Session, name: str) -> Manifest:
    """The AppProject of that name.

    Raises:
        NotFoundError: there is none; the message suggests others.
    """
    found = (await session.hub.list(PROJECTS, NAMESPACE)).items
    for one in found:
        if manifests.name(one) == name:
            return one
    raise unknown("project", name, [manifests.name(one) for one in found])


async def registrations(session: Session) -> list[Registration]:
    """Every registered cluster, the hub first, then by name."""
    listing = await session.hub.list(SECRETS, NAMESPACE, label_selector=destinations.SECRET_SELECTOR)
    found = [destinations.decode(one) for one in listing.items]
    return sorted(found, key=lambda one: (one.server != applications.IN_CLUSTER_SERVER, one.name))


def registration(name: str, known: Sequence[Registration]) -> Registration:
    """The cluster of that name.

    Raises:
        NotFoundError: there is none; the message suggests others.
    """
    for one in known:
        if one.name == name:
            return one
    raise unknown("cluster", name, [one.name for one in known])


def parse(name: str) -> NamespacedName:
    """`name` or `namespace/name`."""
    namespace, separator, rest = name.partition("/")
    return NamespacedName(namespace, rest) if separator else NamespacedName(NAMESPACE, name)


def title(application: Manifest) -> str:
    """How an Application is called: its name, with the namespace where that is not argocd."""
    namespace, name = manifests.namespace(application), manifests.name(application)
    return name if namespace == NAMESPACE else f"{namespace}/{name}"


def unknown(what: str, name: str, known: Iterable[str], *, where: str = "") -> NotFoundError:
    """The error for a name that is not there; `where` reads like `in Application web`."""
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=3)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif names:
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        hint = f"there are: {', '.join(names[:NAMES_SHOWN])}{more}"
    else:
        hint = "there is none yet"
    return NotFoundError(f"there is no {what} {name!r}{where and ' '}{where}; {hint}")


def cluster_name(application: Manifest, known: Iterable[Registration]) -> str:
    """The name of the cluster that an Application goes to, its URL where no Secret names it."""
    destination = manifests.get(application, "spec", "destination", default={})
    if destination.get("name"):
        return str(destination["name"])
    server = str(destination.get("server") or "").rstrip("/")
    return next((one.name for one in known if one.server == server), server)
