import hashlib

import pytest

from dokaseca.dock import authn
from dokaseca.dock.authn import CREDENTIAL, NOBODY, Authenticator, Identity, from_certificate
from dokaseca.dock.status_error import StatusError

SUBJECT = {"subject": ((("organizationName", "dev"),), (("organizationName", "ops"),), (("commonName", "jane"),))}


def test_a_certificate_names_user_groups_and_itself():
    assert from_certificate(SUBJECT) == Identity("jane", ("dev", "ops", "system:authenticated"))
    assert from_certificate({"subject": ((("organizationName", "dev"),),)}) == NOBODY
    fingerprint = f"X509SHA256={hashlib.sha256(b'der').hexdigest()}"
    assert from_certificate(SUBJECT, b"der").extra == {CREDENTIAL: (fingerprint,)}


def test_tokens_are_looked_up_and_certificates_come_first():
    authenticator = Authenticator({"secret": Identity("robot", ("ci",))})
    assert authenticator.identify(None, "Bearer secret") == Identity("robot", ("ci", "system:authenticated"))
    assert authenticator.identify(SUBJECT, "Bearer other").user == "jane"
    authenticator.add_token("more", Identity("other"))
    assert authenticator.identify({}, "bearer more").user == "other"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer  ", "Basic secret", "secret"])
def test_without_a_bearer_token_one_is_nobody(header):
    assert Authenticator({"secret": Identity("robot")}).identify(None, header) == NOBODY


def test_a_bad_token_is_refused_without_being_repeated():
    authenticator = Authenticator({"secret": Identity("robot")}, accounts=lambda token: None)
    with pytest.raises(StatusError) as raised:
        authenticator.identify(None, "Bearer s3cret")
    assert (raised.value.code, raised.value.message) == (401, "Unauthorized")


def test_tokens_of_accounts_are_asked_for_after_the_others():
    accounts = {"known": Identity("not me"), "jwt": Identity("account", ("system:authenticated",))}.get
    authenticator = Authenticator({"known": Identity("robot")}, accounts=accounts)
    assert authenticator.identify(None, "Bearer known").user == "robot"
    assert authenticator.identify(None, "Bearer jwt") == Identity("account", ("system:authenticated",))


def test_the_user_of_an_account_is_told_from_others():
    user = authn.account_user("dev", "ci")
    assert user == "system:serviceaccount:dev:ci"
    assert authn.account_of_user(user) == ("dev", "ci")
    for other in ("jane", "system:serviceaccount:", "system:serviceaccount:dev", "system:serviceaccount:a:b:c"):
        assert authn.account_of_user(other) is None


def test_a_user_is_written_without_what_it_lacks():
    assert Identity("jane").document == {"username": "jane"}
    whole = Identity("jane", ("dev",), "u1", {"scopes": ("a", "b")})
    assert whole.document == {"username": "jane", "uid": "u1", "groups": ["dev"], "extra": {"scopes": ["a", "b"]}}
