"""Names in a registry: host and repository, tags, digests (OCI distribution specification, 1.1). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import re2

from dokaseca.kit import redact
from dokaseca.model.errors import UserError

SCHEME: Final = "oci://"
DOCKER_HUB: Final = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}

_CHARACTERS: Final = 512  # of a URL; the specification asks for 255 of host and name together
_HOST: Final = re2.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?")
_NAME: Final = re2.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG: Final = re2.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST: Final = re2.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a registry."""

    host: str
    name: str

    def base(self, *, plain_http: bool) -> str:
        """The registry's own URL, without a slash at its end."""
        return f"{'http' if plain_http else 'https'}://{DOCKER_HUB.get(self.host.lower(), self.host)}"


def parse(url: str) -> Repository:
    """A repository's URL; `https://` is read as `oci://`, as Secrets with `enableOCI` may say it.

    Raises:
        UserError: reason InvalidURL.
    """
    text = url.strip().removeprefix(SCHEME).removeprefix("https://").rstrip("/")
    host, _, name = text.partition("/")
    if len(url) > _CHARACTERS or not _HOST.fullmatch(host) or not _NAME.fullmatch(name):
        raise UserError(
            "is no repository of an OCI registry; write oci://host[:port]/name in lower case, without a login, tag or "
            "digest (a login belongs into a repository Secret, a tag or digest into targetRevision)",
            reason="InvalidURL",
            subject=redact.text(url[:_CHARACTERS]),
        )
    return Repository(host, name)


def is_digest(text: str) -> bool:
    """Whether `text` is a digest of a kind that is verified here: sha256."""
    return bool(_DIGEST.fullmatch(text))


def is_tag(text: str) -> bool:
    """Whether a registry could have a tag of that name."""
    return bool(_TAG.fullmatch(text))


def tag_of(version: str) -> str:
    """A version as a tag: tags have no `+`, so `_` stands for it (Helm and Argo CD alike)."""
    return version.replace("+", "_")


def version_of(tag: str) -> str:
    """A tag as a version."""
    return tag.replace("_", "+")
