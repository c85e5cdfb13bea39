"""Labels and annotations of cluster Secrets, changed with kubectl's rules."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dokaseca.cli import lookup
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session
from dokaseca.wiring.session import Session

MANAGER = "dokaseca-cli"
CLUSTERS = GroupVersionKind("cluster.x-k8s.io", "v1beta1", "Cluster")
CLUSTERS_NAMESPACE = "clusters"
REGISTERS = "argocd.argoproj.io/secret-type"
ATTEMPTS = 5
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?\Z")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_PREFIX_LENGTH = 253

Changes = Mapping[str, str | None]  # None removes


@dataclass(frozen=True, slots=True)
class Marking:
    """What is changed: the field of metadata, and one of it in words."""

    field: str
    word: str


LABELS = Marking("labels", "label")
ANNOTATIONS = Marking("annotations", "annotation")


def parse(texts: Iterable[str], marking: Marking) -> dict[str, str | None]:
    """`KEY=VALUE` and `KEY-`, checked against Kubernetes' grammar.

    Raises:
        UserError: one is neither, a key or value is not valid, or a key is there twice.
    """
    changes: dict[str, str | None] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator and not text.endswith("-"):
            raise UserError(f"{text!r} is neither KEY=VALUE nor KEY-")
        key = key if separator else text[:-1]
        _check(key, value, marking)
        if key in changes:
            raise UserError(f"{marking.word} {key!r} is there twice; set it or remove it once")
        changes[key] = value if separator else None
    return changes


async def change(folder: Path, name: str, changes: Changes, marking: Marking, *, overwrite: bool) -> str:
    """Patch the Secret of cluster `name`; a line that says what was done.

    Raises:
        NotFoundError: no such cluster.
        UserError: the change comes from Git, would unregister the cluster, or needs --overwrite.
        ConflictError: the Secret changes faster than we can write.
    """
    async with session.open(folder) as opened:
        for _ in range(ATTEMPTS):
            secret = lookup.registration(name, await lookup.registrations(opened)).secret or {}
            await _require_ours(opened, name, changes, marking)
            patch = _patch(secret, changes, marking, overwrite=overwrite)
            if not patch:
                return f"cluster {name} unchanged"
            metadata = {"resourceVersion": manifests.resource_version(secret), marking.field: patch}
            with contextlib.suppress(ConflictError):
                await opened.hub.patch(
                    lookup.SECRETS,
                    manifests.namespace(secret),
                    manifests.name(secret),
                    {"metadata": metadata},
                    field_manager=MANAGER,
                )
                return f"cluster {name} changed: {', '.join(_words(patch))}"
    raise ConflictError(f"cluster {name} changes all the time; try again")


def _patch(secret: Manifest, changes: Changes, marking: Marking, *, overwrite: bool) -> dict[str, str | None]:
    """What differs from the Secret."""
    now = manifests.metadata(secret).get(marking.field) or {}
    different = {key: value for key, value in changes.items() if now.get(key) != value}
    taken = [key for key, value in different.items() if value is not None and key in now]
    if taken and not overwrite:
        said = ", ".join(f"{key!r} is {now[key]!r}" for key in taken)
        raise UserError(f"{said} already; add --overwrite to change it", reason="Exists")
    return different


async def _require_ours(opened: Session, name: str, changes: Changes, marking: Marking) -> None:
    """What the Cluster object says is set back from Git, so it is changed there."""
    if REGISTERS in changes and marking is LABELS:
        raise UserError(f"label {REGISTERS} registers the cluster and cannot be changed here")
    from_git = (manifests.metadata(await _cluster(opened, name)).get(marking.field) or {}).keys() & changes.keys()
    if from_git:
        file = opened.layout.work_tree("clusters") / "argocd" / "clusters" / f"{name}.yaml"
        raise UserError(
            f"{marking.word} {', '.join(sorted(from_git))} of cluster {name} comes from Git and would be set back; "
            f"edit {file}, commit and push",
            reason="ComesFromGit",
        )


async def _cluster(opened: Session, name: str) -> Manifest:
    """The Cluster object; empty for the hub, and for clusters that were registered by hand."""
    try:
        return await opened.hub.get(CLUSTERS, CLUSTERS_NAMESPACE, name)
    except NotFoundError:
        return {}
    except UserError as error:
        if error.reason != "NoKindMatch":
            raise
        return {}


def _check(key: str, value: str, marking: Marking) -> None:
    prefix, separator, short = key.rpartition("/")
    if not _NAME.match(short) or (separator and (not _PREFIX.match(prefix) or len(prefix) > _PREFIX_LENGTH)):
        raise UserError(
            f"{key!r} is not a valid {marking.word} key: an optional DNS name and '/', then up to 63 letters, digits, "
            "'-', '_' and '.', with a letter or digit at both ends"
        )
    if marking is LABELS and not _VALUE.match(value):
        raise UserError(
            f"{value!r} is not a valid label value: up to 63 letters, digits, '-', '_' and '.', with a letter or digit "
            "at both ends; longer texts and URLs are annotations"
        )


def _words(patch: Changes) -> Iterable[str]:
    for key, value in patch.items():
        yield f"{key} removed" if value is None else f"{key}={value}"
