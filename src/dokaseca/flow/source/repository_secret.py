"""One repository Secret, read (Argo CD: labels `repository` and `repo-creds`, C4). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.flow.source.access import Access
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.scm import GitHubApp

TYPE_LABEL: Final = "argocd.argoproj.io/secret-type"
REPOSITORY: Final = "repository"
TEMPLATE: Final = "repo-creds"
SELECTOR: Final = f"{TYPE_LABEL} in ({REPOSITORY},{TEMPLATE})"

_TYPES: Final = ("", "git", "helm", "oci")
_UNSUPPORTED: Final = (
    *("gcpServiceAccountKey", "useAzureWorkloadIdentity"),
    *("azureServicePrincipalClientId", "azureServicePrincipalClientSecret", "azureServicePrincipalTenantId"),
)
_ONE_LINE: Final = ("url", "username", "password", "bearerToken", "proxy", "noProxy", "githubAppEnterpriseBaseUrl")
_GITHUB_API: Final = "https://api.github.com"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class RepositorySecret:
    """What a Secret says.

    Attributes:
        project: the only project whose Applications it is for; empty for all.
        problem: why it cannot be used; then `access` is empty, and whoever needs it is told.
    """

    name: str
    url: str
    project: str
    is_template: bool
    access: Access
    problem: UserError | None


def decode(secret: Manifest) -> RepositorySecret:
    """Read a Secret; one that is wrong is told by its `problem`."""
    name = f"Secret {manifests.namespace(secret)}/{manifests.name(secret)}"
    access, problem = Access(told_by=name), None
    try:
        access = _access(secret, name)
    except UserError as error:
        problem = error
    return RepositorySecret(
        name=name,
        url=_line(secret, "url"),
        project=_line(secret, "project"),
        is_template=manifests.labels(secret).get(TYPE_LABEL) == TEMPLATE,
        access=access,
        problem=problem,
    )


def _access(secret: Manifest, name: str) -> Access:
    _check(secret, name)
    kind = _line(secret, "type")
    return Access(
        told_by=name,
        username=_line(secret, "username"),
        password=_line(secret, "password"),
        bearer_token=_line(secret, "bearerToken"),
        ssh_private_key=_key(secret, "sshPrivateKey", name),
        tls_cert=_text(secret, "tlsClientCertData").strip(),
        tls_key=_key(secret, "tlsClientCertKey", name),
        app=_app_or_none(secret, name),
        app_api=_line(secret, "githubAppEnterpriseBaseUrl").rstrip("/") or _GITHUB_API,
        insecure=_flag(secret, "insecure", name) or _flag(secret, "insecureIgnoreHostKey", name),
        force_basic=_flag(secret, "forceHttpBasicAuth", name),
        proxy=_line(secret, "proxy"),
        no_proxy=_line(secret, "noProxy"),
        is_oci=kind == "oci" or _flag(secret, "enableOCI", name),
        plain_http=_flag(secret, "insecureOCIForceHttp", name),
    )


def _check(secret: Manifest, name: str) -> None:
    kind = _line(secret, "type")
    if kind not in _TYPES:
        raise _wrong(name, f"type {kind[:40]!r} is none of git, helm and oci")
    for field in _UNSUPPORTED:
        if _line(secret, field) not in ("", "false"):
            raise _wrong(name, f"{field} is not supported; use a token, an SSH key or a GitHub App")
    for field in _ONE_LINE:
        if _CONTROL.search(_line(secret, field)):
            raise _wrong(name, f"{field} holds a line break or another control character")
    if bool(_text(secret, "tlsClientCertData")) != bool(_text(secret, "tlsClientCertKey")):
        raise _wrong(name, "tlsClientCertData and tlsClientCertKey go together; one of them is missing")


def _app_or_none(secret: Manifest, name: str) -> GitHubApp | None:
    key = _key(secret, "githubAppPrivateKey", name)
    identity, installation = _line(secret, "githubAppID"), _line(secret, "githubAppInstallationID")
    if not (key or identity or installation):
        return None
    if not (key and identity.isdigit() and installation.isdigit()):
        raise _wrong(
            name,
            "a GitHub App needs githubAppID and githubAppInstallationID, which are numbers, and githubAppPrivateKey",
        )
    return GitHubApp(identity, installation, key)


def _flag(secret: Manifest, field: str, name: str) -> bool:
    text = _line(secret, field).lower()
    if text not in ("", "true", "false"):
        raise _wrong(name, f"{field} must be true or false")
    return text == "true"


def _key(secret: Manifest, field: str, name: str) -> str:
    text = _text(secret, field).strip().replace("\r\n", "\n")
    if text and not text.startswith("-----BEGIN "):
        raise _wrong(name, f"{field} is no private key in PEM form; it begins with -----BEGIN")
    return f"{text}\n" if text else ""  # ssh refuses a key without its last line break


def _line(secret: Manifest, field: str) -> str:
    """A field without the line break that an editor or `echo` left at its end."""
    return _text(secret, field).rstrip("\r\n")


def _text(secret: Manifest, field: str) -> str:
    plain: Any = manifests.get(secret, "stringData", field)
    return plain if isinstance(plain, str) else secrets.text(secret, field)


def _wrong(name: str, why: str) -> UserError:
    return UserError(f"{why}; correct the repository Secret", reason="InvalidCredentials", subject=name)
