"""Which credentials are for which repository: Secrets by URL, templates by the longest prefix (Argo CD: C4). Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from dokaseca.flow.source import repository_secret
from dokaseca.flow.source.access import Access
from dokaseca.flow.source.repository_secret import RepositorySecret
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest

KNOWN_HOSTS: Final = "argocd-ssh-known-hosts-cm"
CERTIFICATES: Final = "argocd-tls-certs-cm"

_SCP: Final = re.compile(r"(?:[^@/:]+@)?[^/:@]+:(?!//)")
_PORT: Final = re.compile(r":\d+\Z")
_PORTS: Final = {"https": 443, "http": 80, "ssh": 22}


class Credentials:
    """All repository Secrets of a hub, and whom it believes."""

    def __init__(self) -> None:
        self._secrets: dict[NamespacedName, RepositorySecret] = {}
        self._known_hosts = ""
        self._authorities: dict[str, str] = {}

    def put(self, secret: Manifest) -> None:
        """Take a Secret in, in the place of what it said before."""
        key = NamespacedName(manifests.namespace(secret), manifests.name(secret))
        self._secrets[key] = repository_secret.decode(secret)

    def remove(self, key: NamespacedName) -> None:
        """Forget a Secret."""
        self._secrets.pop(key, None)

    def trust(self, name: str, config_map: Manifest | None) -> None:
        """Read Argo CD's ConfigMap of host keys or of certificates; None when it is gone."""
        data = manifests.get(config_map or {}, "data", default={})
        texts = {str(key): str(text) for key, text in data.items()} if isinstance(data, dict) else {}
        if name == KNOWN_HOSTS:
            self._known_hosts = texts.get("ssh_known_hosts", "")
        elif name == CERTIFICATES:
            self._authorities = {host.lower(): text for host, text in texts.items()}

    def scope(self, url: str, project: str) -> str:
        """`project` where it has credentials for `url` that others must not use, else empty.

        What is read with them is kept apart: another project's Applications cannot have it.
        """
        wanted = normalized(url)
        scoped = (one for one in self._secrets.values() if project and one.project == project)
        return project if any(_matches(one, wanted) for one in scoped) else ""

    def access(self, url: str, scope: str = "") -> Access:
        """How to reach `url`, on behalf of everybody or of the project `scope`.

        Raises:
            UserError: reason InvalidCredentials: the Secret for it is wrong.
        """
        wanted = normalized(url)
        matching = [one for one in self._secrets.values() if one.project in ("", scope) and _matches(one, wanted)]
        own = min((one for one in matching if not one.is_template), key=_order, default=None)
        template = min((one for one in matching if one.is_template), key=_order, default=None)
        found = _usable(own) if own is not None else Access()
        if template is not None and own is None:
            found = _usable(template)
        elif template is not None and not found.has_login:
            found = found.filled_up(_usable(template))
        return replace(found, known_hosts=self._known_hosts, ca_pem=self._authorities.get(host(url), ""))


def normalized(url: str) -> str:
    """A URL without what its spellings differ in: case, the port that goes without saying, `.git`, `git@host:path`."""
    text = url.strip().lower().removeprefix("oci://")
    if "://" not in text and _SCP.match(text):
        before, _, path = text.partition(":")
        text = f"ssh://{before}/{path.lstrip('/')}"
    text = text.rstrip("/").removesuffix(".git")
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    authority, slash, path = rest.partition("/")
    if scheme in ("http", "https"):
        authority = authority.rpartition("@")[2]
    return f"{scheme}://{authority.removesuffix(f':{_PORTS.get(scheme, 0)}')}{slash}{path}"


def host(url: str) -> str:
    """The server that a URL names, in lower case and without its port; empty for a path."""
    text = normalized(url)
    authority = text.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    return _PORT.sub("", authority).strip("[]")


def _matches(secret: RepositorySecret, wanted: str) -> bool:
    """A repository's URL is the whole, a template's a beginning: its host always is all of the host."""
    given = normalized(secret.url)
    if not given:
        return False
    if not secret.is_template or wanted == given:
        return wanted == given
    start = given.find("://") + 3 if "://" in given else 0
    return wanted.startswith(given if "/" in given[start:] else f"{given}/")


def _order(secret: RepositorySecret) -> tuple[int, bool, str]:
    """The longest first, a project's own before everybody's, then by name."""
    return -len(normalized(secret.url)), not secret.project, secret.name


def _usable(secret: RepositorySecret) -> Access:
    if secret.problem is not None:
        raise secret.problem.with_traceback(None)
    return secret.access
