"""Certificates and keys that templates make, looked at by a library, and beside those that Helm makes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.x509.oid import NameOID
from tests.unit.generate.templates import oracle

from dokaseca.generate.templates.gotemplate import template
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import UserError

EC_KEY = ec.generate_private_key(ec.SECP256R1())
EC_PEM = EC_KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()
X25519_PEM = (
    x25519.X25519PrivateKey.generate()
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)


def render(text: str, data: dict[str, Any] | None = None) -> str:
    compiled = template.compile_text(text, "error")
    assert compiled is not None
    return compiled[0]({"key": EC_PEM, **(data or {})}, FakeClock())


def problem(text: str, data: dict[str, Any] | None = None) -> str:
    with pytest.raises(UserError) as caught:
        render(text, data)
    return caught.value.message


def certificates(text: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(text.encode())


def test_an_authority_signs_itself_and_others() -> None:
    text = """{{ $ca := genCAWithKey "Root" 365 .key -}}
        {{- $c := genSignedCertWithKey "web" (list "10.0.0.1" "::1") (list "web" "*.example.com") 30 $ca .key -}}
        {{- $ca.Cert }}{{ $c.Cert }}"""
    root, web = certificates(render(text))
    root.verify_directly_issued_by(root)
    web.verify_directly_issued_by(root)
    assert root.subject == root.issuer == web.issuer
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not web.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    names = web.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web", "*.example.com"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1", "::1"]
    assert web.public_key() == EC_KEY.public_key()


def test_a_certificate_is_valid_from_now_on() -> None:
    (made,) = certificates(render('{{ (genCAWithKey "Root" 365 .key).Cert }}'))
    assert made.not_valid_before_utc == datetime(2026, 1, 1, tzinfo=UTC)
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=365)
    assert made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Root"


def test_a_certificate_comes_with_its_key() -> None:
    text = render('{{ $c := genSelfSignedCert "cn" nil nil 1 }}{{ $c.Cert }}{{ $c.Key }}')
    key = serialization.load_pem_private_key(text[text.index("-----BEGIN RSA") :].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert certificates(text)[0].public_key() == key.public_key()


def test_two_certificates_have_two_numbers() -> None:
    text = '{{ range list 1 2 }}{{ (genCAWithKey "Root" 1 $.key).Cert }}{{ end }}'
    first, second = certificates(render(text))
    assert first.serial_number != second.serial_number


@pytest.mark.parametrize("call", ['genCA "Root" 365', 'genSelfSignedCert "cn" (list "10.0.0.1") (list "a.b") 30'])
def test_a_certificate_says_what_helms_says(call: str) -> None:
    text = f"{{{{ ({call}).Cert }}}}"
    with oracle.Oracle() as helm:
        (answer,) = helm.answers([oracle.Case(text, {})], [oracle.Answer("a certificate")])
    assert answer is not None
    (theirs,), (ours,) = certificates(answer.text), certificates(render(text))
    assert ours.subject == theirs.subject
    assert ours.issuer == theirs.issuer
    assert ours.signature_algorithm_oid == theirs.signature_algorithm_oid
    assert (
        ours.not_valid_after_utc - ours.not_valid_before_utc == theirs.not_valid_after_utc - theirs.not_valid_before_utc
    )
    assert _extensions(ours) == _extensions(theirs)


def _extensions(certificate: x509.Certificate) -> dict[str, tuple[bool, Any]]:
    """What each says, but for identifiers of keys."""
    identifiers = (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)
    return {
        each.oid.dotted_string: (each.critical, None if isinstance(each.value, identifiers) else each.value)
        for each in certificate.extensions
    }


@pytest.mark.parametrize(
    ("kind", "made"),
    [("ecdsa", ec.EllipticCurvePrivateKey), ("ed25519", ed25519.Ed25519PrivateKey), ("dsa", dsa.DSAPrivateKey)],
)
def test_a_private_key_is_of_the_kind_that_is_asked_for(kind: str, made: type) -> None:
    key = serialization.load_pem_private_key(render(f'{{{{ genPrivateKey "{kind}" }}}}').encode(), None)
    assert isinstance(key, made)


def test_a_private_key_is_rsa_by_default() -> None:
    key = serialization.load_pem_private_key(render('{{ genPrivateKey "" }}').encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 4096


@pytest.mark.parametrize(
    ("text", "data", "message"),
    [
        ('{{ genCAWithKey "cn" 1 .x }}', {"x": "-----BEGIN CERTIFICATE-----\n"}, "no private key data in PEM block"),
        ('{{ genCAWithKey "cn" 1 .x }}', {"x": "-----BEGIN PRIVATE KEY-----\nAAAA\n"}, "parsing PRIVATE KEY from PEM"),
        ('{{ genCAWithKey "cn" 1 .x }}', {"x": X25519_PEM}, "invalid private key type PRIVATE KEY"),
        ('{{ genCAWithKey "cn" 1 .x }}', {"x": "x" * 100_000 + EC_PEM}, "no PEM data in input"),
        ('{{ genCAWithKey "cn" 1 (genPrivateKey "dsa") }}', {}, "unsupported public key type: *dsa.PublicKey"),
        (f'{{{{ genCAWithKey "{"n" * 65}" 1 .key }}}}', {}, "a common name has at most 64 characters"),
        ('{{ genCAWithKey "cn" 99999999 .key }}', {}, "the time of validity cannot be encoded"),
        ('{{ genSelfSignedCertWithKey "cn" nil .x 1 .key }}', {"x": ["a"] * 1001}, "at most 1000 alternative names"),
        ('{{ genSelfSignedCertWithKey "cn" (list "fe80::1%eth0") nil 1 .key }}', {}, "error parsing ip: fe80::1%eth0"),
        ('{{ genSelfSignedCertWithKey "cn" (list 1) nil 1 .key }}', {}, "error parsing ip: 1 is not a string"),
        ('{{ genSelfSignedCertWithKey "cn" nil (list "ü") 1 .key }}', {}, "a name or the time of validity"),
        ('{{ buildCustomCert (b64enc "x") "!" }}', {}, "unable to decode base64 private key"),
        ('{{ buildCustomCert (b64enc "-----BEGIN CERTIFICATE-----") (b64enc .key) }}', {}, "error parsing certificate"),
    ],
)
def test_what_makes_no_certificate_is_told(text: str, data: dict[str, Any], message: str) -> None:
    assert message in problem(text, data)


def test_a_certificate_with_another_key_signs_nothing() -> None:
    text = """{{ $ca := genCAWithKey "Root" 1 .key }}{{ buildCustomCert (b64enc $ca.Cert) .broken }}"""
    broken = base64.b64encode(b"-----BEGIN PRIVATE KEY-----").decode()
    assert "error parsing private key" in problem(text, {"broken": broken})


def test_certificates_print_and_compare() -> None:
    text = '{{ $c := genCAWithKey "Root" 1 .key }}{{ eq $c $c }} {{ printf "%T" $c }} {{ (deepCopy (list $c)) | len }}'
    assert render(text) == "true sprig.certificate 1"


def test_errors_show_no_key() -> None:
    assert EC_PEM.splitlines()[1] not in problem('{{ genCAWithKey "cn" 99999999 .key }}')
