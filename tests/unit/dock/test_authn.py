from dokaseca.dock.authn import NOBODY, Authenticator, Identity, from_certificate

SUBJECT = {"subject": ((("organizationName", "dev"),), (("organizationName", "ops"),), (("commonName", "jane"),))}


def test_a_certificate_names_user_and_groups():
    assert from_certificate(SUBJECT) == Identity("jane", ("dev", "ops", "system:authenticated"))
    assert from_certificate({"subject": ((("organizationName", "dev"),),)}) == NOBODY


def test_tokens_are_looked_up_and_certificates_come_first():
    authenticator = Authenticator({"secret": Identity("robot", ("ci",))})
    assert authenticator.identify(None, "Bearer secret") == Identity("robot", ("ci", "system:authenticated"))
    assert authenticator.identify(SUBJECT, "Bearer secret").user == "jane"
    for wrong in ("", "Bearer", "Bearer other", "Basic secret", "secret"):
        assert authenticator.identify(None, wrong) == NOBODY
    authenticator.add_token("more", Identity("other"))
    assert authenticator.identify({}, "bearer more").user == "other"
