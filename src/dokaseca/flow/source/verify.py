"""Projects that take signed commits only (Argo CD: `signatureKeys`, `sourceIntegrity`). Pure.

Signatures are not verified here, so that nothing from Git passes where one is asked for: an unverified commit must not
look like a verified one.
"""

from __future__ import annotations

from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DeniedError
from dokaseca.model.manifest import Manifest


def demands_signatures(project: Manifest) -> bool:
    """Whether a project wants commits to be signed; what is not understood counts as a demand."""
    if manifests.get(project, "spec", "signatureKeys"):
        return True
    integrity = manifests.get(project, "spec", "sourceIntegrity")
    if not integrity:
        return False
    policies = manifests.get(integrity, "git", "policies")
    if not isinstance(integrity, dict) or set(integrity) != {"git"} or not isinstance(policies, list):
        return True
    return any(_mode(one) != "none" for one in policies)


def check(project: Manifest) -> None:
    """Let nothing from Git into a project that takes signed commits only.

    Raises:
        DeniedError: reason SignatureRequired.
    """
    if demands_signatures(project):
        raise DeniedError(
            "the project takes signed commits only (signatureKeys or sourceIntegrity), and signatures are not verified "
            "here; verify them where commits are merged and remove the demand, or use a Helm repository",
            reason="SignatureRequired",
            subject=f"AppProject {manifests.name(project)}",
        )


def _mode(policy: Any) -> Any:
    return manifests.get(policy, "gpg", "mode") if isinstance(policy, dict) else None
