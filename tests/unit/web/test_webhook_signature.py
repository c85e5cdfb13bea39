"""Who may notify us."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from multidict import CIMultiDict

from dokaseca.web import webhook_signature

BODY = b'{"ref": "refs/heads/main"}'
SIGNATURE = hmac.new(b"s3cr3t", BODY, hashlib.sha256).hexdigest()
AZURE = {"webhook.azuredevops.username": "ada", "webhook.azuredevops.password": "s3cr3t"}
LOGIN = "Basic " + base64.b64encode(b"ada:s3cr3t").decode()
CASES = [
    ({"webhook.github.secret": "s3cr3t"}, "X-Hub-Signature-256", f"sha256={SIGNATURE}"),
    ({"webhook.bitbucketserver.secret": "s3cr3t"}, "X-Hub-Signature", f"sha256={SIGNATURE}"),
    ({"webhook.gogs.secret": "s3cr3t"}, "X-Gitea-Signature", SIGNATURE),
    ({"webhook.gogs.secret": "s3cr3t"}, "X-Gogs-Signature", SIGNATURE),
    ({"webhook.gitlab.secret": "s3cr3t"}, "X-Gitlab-Token", "s3cr3t"),
    ({"webhook.bitbucket.uuid": "u-u-i-d"}, "X-Hook-UUID", "u-u-i-d"),
    ({"webhook.harbor.secret": "s3cr3t"}, "Authorization", "s3cr3t"),
    (AZURE, "Authorization", LOGIN),
]


def is_genuine(header: str, value: str, secrets: dict[str, str], body: bytes = BODY) -> bool:
    return webhook_signature.is_genuine(CIMultiDict({header: value}), body, secrets)


@pytest.mark.parametrize(("secrets", "header", "value"), CASES)
def test_each_forge_proves_itself_in_its_way(secrets: dict[str, str], header: str, value: str) -> None:
    assert is_genuine(header, value, secrets)
    assert is_genuine(header.lower(), value, secrets)
    for wrong in ("", value[:-1], f"{value}0", value.upper() + "ü", "\udcff"):
        assert not is_genuine(header, wrong, secrets)
    assert not is_genuine("X-Other", value, secrets)


@pytest.mark.parametrize(("secrets", "header", "value"), CASES[:4])
def test_a_signature_is_for_its_body_only(secrets: dict[str, str], header: str, value: str) -> None:
    assert not is_genuine(header, value, secrets, BODY + b" ")


def test_who_claims_to_be_a_forge_without_a_secret_is_not_believed() -> None:
    secrets = {"webhook.github.secret": "s3cr3t"}
    assert not is_genuine("X-Gitlab-Event", "Push Hook", secrets)
    assert not is_genuine("X-Gitlab-Token", "", {**secrets, "webhook.gitlab.secret": ""})
    assert not is_genuine("Authorization", LOGIN, {**secrets, "webhook.azuredevops.password": "s3cr3t"})


def test_without_a_secret_everybody_is_believed() -> None:
    assert is_genuine("X-Other", "x", {})
    assert is_genuine("X-Other", "x", {"admin.password": "x", "webhook.github.secret": ""})


def test_the_old_signature_of_github_does_not_count() -> None:
    old = "sha1=" + hmac.new(b"s3cr3t", BODY, hashlib.sha1).hexdigest()
    assert not is_genuine("X-Hub-Signature", old, {"webhook.github.secret": "s3cr3t"})
