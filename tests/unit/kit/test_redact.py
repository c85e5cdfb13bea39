"""Credentials kept out of sight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.kit import redact

CANARY = "hunter2canary"


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{CANARY}@host/r.git",
        f"https://{CANARY}@host/r.git",
        f"https://user:p@{CANARY}@host/r.git",
        f"https://user:p/{CANARY}@host/r.git",
        f"fatal: 'https://x-access-token:{CANARY}@github.com/o/r' not found",
        f"postgres://app:{CANARY}@db:5432/app",
        f"oci+https://u:{CANARY}@host",
        f"https://host/?access_token={CANARY}&x=1",
        f"https://host/?x=1&sig={CANARY}",
        f"https://host/?X-Amz-Signature={CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"authorization: token {CANARY}",
        f"PRIVATE-TOKEN: {CANARY}",
        f"sent bearer {CANARY}",
        f"Basic {CANARY}",
        f'{{"password": "{CANARY}"}}',
        f"--set db.password={CANARY}",
        f"client_secret={CANARY}",
        f"AWS_SECRET_ACCESS_KEY={CANARY}",
        f"password: {CANARY}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}\ncut off",
    ],
)
def test_a_credential_is_masked(text: str) -> None:
    shown = redact.text(text)
    assert CANARY not in shown
    assert redact.MASK in shown
    assert redact.text(shown) == shown


@pytest.mark.parametrize(
    "token",
    [
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 6,
        "glpat-" + "x" * 20,
        "xoxb-123456789012-abc",
        "AKIA" + "A1B2" * 4,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
def test_a_token_of_known_make_is_masked(token: str) -> None:
    assert redact.text(f"error: {token}!") == f"error: {redact.MASK}!"


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/org/repo@v1",
        "https://host:8080/path@1.2",
        "git@github.com:org/repo.git",
        "spec.password: required",
        "spec.token: field is missing",
        "unexpected token: }",
        'secret "db" not found',
        "label selector key=value",
        "imagePullSecrets: [a]",
        "mail somebody@example.com",
        "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
        "basic usage of a chart",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redact.text(text) == text


def test_only_the_credential_is_masked() -> None:
    shown = redact.text("cannot clone https://user:pw@host/r.git: token=abc is wrong")
    assert shown == f"cannot clone https://{redact.MASK}@host/r.git: token={redact.MASK} is wrong"


@given(st.text(max_size=200))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = redact.text(text)
    assert redact.text(once) == once


def test_long_texts_take_no_longer_than_they_are_long() -> None:
    for text in (
        "a://" * 50_000,
        "password" * 50_000,
        "a_" * 50_000,
        "-----BEGIN PRIVATE KEY-----" * 2_000,
        "eyJa" * 50_000,
    ):
        assert isinstance(redact.text(text), str)
