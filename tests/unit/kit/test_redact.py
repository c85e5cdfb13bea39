"""Credentials kept out of sight."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
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
        f"https://user:p/a@{CANARY}@host/r.git",
        f"https://user:a@b/{CANARY}@host/r.git",
        f"https://user@corp.example:p/{CANARY}@host/r.git",
        f"https://user:it's{CANARY}@host/r.git",
        f'https://user:p@a"{CANARY}@host/r.git',
        f"https://user:#{CANARY}@host/r.git",
        f"https://user:123456/{CANARY}@host/r.git",
        f"https://host:8080/a,https://user:p@/{CANARY}@host/r.git",
        f"git::https://user:{CANARY}@host/r.git?ref=v1",
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
        "https://[::1]:8080/path@1.2",
        "oci://registry.example:5000/chart@sha256:abc",
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


USERS = st.text(st.characters(exclude_characters='/?#:["<>', exclude_categories=["Z", "C"]), max_size=20)
PASSWORDS = st.text(
    st.sampled_from("abcXYZ019@@@//:?#'%&=+[]{}().,;!$~*-_\\\"<>é") | st.characters(exclude_categories=["Z", "C"]),
    min_size=4,
    max_size=40,
)


@settings(max_examples=400)
@given(USERS, PASSWORDS, st.sampled_from(["host/r.git", "host:8080/r.git", "h", "h/r@v1", 'h"}, {"a": "b@c"}']))
def test_no_piece_of_a_password_in_a_url_survives(user: str, password: str, rest: str) -> None:
    assume(not re.match(r"[0-9]{1,5}[/?#]", password))  # it cannot be told from a port and a path
    assume(not re.search(r"""["<>][,}\]):;.]""", password + "@"))  # nor this from the end of the text
    shown = redact.text(f"cannot read 'https://{user}:{password}@{rest}': no answer")
    around = f"cannot read 'https://{redact.MASK}@{rest}': no answer"
    pieces = {password[at : at + 4] for at in range(len(password) - 3)}
    assert [one for one in pieces if one in shown and one not in around] == []
    assert redact.text(shown) == shown


def test_a_url_ends_where_its_quote_does() -> None:
    shown = redact.text('{"url":"https://user:pw@host/r.git","mail":"a@b"}')
    assert shown == f'{{"url":"https://{redact.MASK}@host/r.git","mail":"a@b"}}'


def test_each_url_of_a_text_is_masked_by_itself() -> None:
    shown = redact.text("https://a:b@h1/x or https://c@h2/y@v1 or https://h3:80/z@v1")
    assert shown == f"https://{redact.MASK}@h1/x or https://{redact.MASK}@h2/y@v1 or https://h3:80/z@v1"


@given(st.text(max_size=200))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = redact.text(text)
    assert redact.text(once) == once


def test_long_texts_take_no_longer_than_they_are_long() -> None:
    for text in (
        "a://" * 50_000,
        "a://b:1/" * 50_000 + "@",
        "a://b:c" * 50_000,
        "a://b@/" * 50_000,
        "a://b" + '"' * 200_000 + "@",
        "password" * 50_000,
        "a_" * 50_000,
        "-----BEGIN PRIVATE KEY-----" * 2_000,
        "eyJa" * 50_000,
    ):
        assert isinstance(redact.text(text), str)
