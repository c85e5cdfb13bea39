"""Whether a notification comes from a forge that knows our secret (Argo CD: `webhook.*` in argocd-secret, C6). Pure.

Once any secret is set, every notification must prove that it knows one: Argo CD lets in whoever claims to be a forge
that no secret is set for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "webhook."
_GITHUB: Final = "webhook.github.secret"
_GITLAB: Final = "webhook.gitlab.secret"
_GOGS: Final = "webhook.gogs.secret"  # Gitea's too: it signs in the same way
_BITBUCKET: Final = "webhook.bitbucket.uuid"
_BITBUCKET_SERVER: Final = "webhook.bitbucketserver.secret"
_AZURE_USERNAME: Final = "webhook.azuredevops.username"
_AZURE_PASSWORD: Final = "webhook.azuredevops.password"  # noqa: S105 (the name of a key)
_HARBOR: Final = "webhook.harbor.secret"

Headers = Mapping[str, str]


def is_genuine(headers: Headers, body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether one of the secrets vouches for a notification; without any secret everything passes.

    Args:
        headers: looked up without regard to case, as aiohttp does.
        secrets: the `webhook.*` keys of argocd-secret.
    """
    known = {name: value for name, value in secrets.items() if name.startswith(PREFIX) and value}
    if not known:
        return True
    found = [
        _is_signed(headers, "X-Hub-Signature-256", "sha256=", body, known.get(_GITHUB)),
        _is_signed(headers, "X-Hub-Signature", "sha256=", body, known.get(_BITBUCKET_SERVER)),
        _is_signed(headers, "X-Gitea-Signature", "", body, known.get(_GOGS)),
        _is_signed(headers, "X-Gogs-Signature", "", body, known.get(_GOGS)),
        _is_equal(headers.get("X-Gitlab-Token"), known.get(_GITLAB)),
        _is_equal(headers.get("X-Hook-UUID"), known.get(_BITBUCKET)),
        _is_equal(headers.get("Authorization"), known.get(_HARBOR)),
        _is_equal(headers.get("Authorization"), _azure_or_none(known)),
    ]
    return any(found)


def _is_signed(headers: Headers, name: str, prefix: str, body: bytes, secret: str | None) -> bool:
    if secret is None:
        return False
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return _is_equal(headers.get(name), prefix + signature)


def _is_equal(given: str | None, wanted: str | None) -> bool:
    """Compared in constant time; nothing equals what is not there."""
    if given is None or wanted is None:
        return False
    return hmac.compare_digest(given.encode(errors="surrogateescape"), wanted.encode())


def _azure_or_none(known: Mapping[str, str]) -> str | None:
    username, password = known.get(_AZURE_USERNAME), known.get(_AZURE_PASSWORD)
    if username is None or password is None:
        return None
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"
