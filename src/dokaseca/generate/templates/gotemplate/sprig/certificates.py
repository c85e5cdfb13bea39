"""Sprig: certificates. They are new at each rendering: an Application that holds one never settles."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dokaseca.generate.templates.gotemplate import octets, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import KINDS, Function, Kind, Traits, fn
from dokaseca.generate.templates.gotemplate.run import Run
from dokaseca.generate.templates.gotemplate.sprig import keys
from dokaseca.generate.templates.gotemplate.sprig.encoding import decode_base64
from dokaseca.generate.templates.gotemplate.sprig.keys import PrivateKey

_NAMES: Final = 1_000  # alternative names of one certificate
_COMMON_NAME: Final = 64  # characters (X.520)
_SIGNING_STEPS: Final = 2_000


class Certificate(values.Struct):
    """sprig.certificate: a certificate and its private key, both PEM."""

    __slots__ = ("cert", "key")
    go_type = "sprig.certificate"

    def __init__(self, cert: str, key: str) -> None:
        self.cert = cert
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and (self.cert, self.key) == (other.cert, other.key)

    def __hash__(self) -> int:
        return hash((self.cert, self.key))

    def go_fields(self) -> Mapping[str, Any]:
        return {"Cert": self.cert, "Key": self.key}


@dataclass(frozen=True, slots=True)
class _Request:
    """What a certificate says."""

    name: str
    addresses: list[Any]
    dns_names: list[Any]
    days: int
    is_ca: bool = False


@dataclass(frozen=True, slots=True)
class _Signer:
    """Who signs: the issuer's name and key; its certificate where it is not the subject itself."""

    subject: x509.Name
    key: PrivateKey
    certificate: x509.Certificate | None = None


def _ca(run: Run, name: str, days: int) -> Certificate:
    return _self_signed(run, _Request(name, [], [], days, is_ca=True), keys.rsa_2048(run))


def _ca_with_key(run: Run, name: str, days: int, pem: str) -> Certificate:
    return _self_signed(run, _Request(name, [], [], days, is_ca=True), _given_key(pem))


def _self(run: Run, name: str, addresses: list[Any], dns_names: list[Any], days: int) -> Certificate:
    return _self_signed(run, _Request(name, addresses, dns_names, days), keys.rsa_2048(run))


def _self_with_key(run: Run, name: str, addresses: list[Any], dns_names: list[Any], *rest: Any) -> Certificate:
    days, pem = rest
    return _self_signed(run, _Request(name, addresses, dns_names, days), _given_key(pem))


def _signed(run: Run, name: str, addresses: list[Any], dns_names: list[Any], *rest: Any) -> Certificate:
    days, authority = rest
    return _signed_by(run, _Request(name, addresses, dns_names, days), keys.rsa_2048(run), authority)


def _signed_with_key(run: Run, name: str, addresses: list[Any], dns_names: list[Any], *rest: Any) -> Certificate:
    days, authority, pem = rest
    return _signed_by(run, _Request(name, addresses, dns_names, days), _given_key(pem), authority)


def _given_key(pem: str) -> PrivateKey:
    try:
        return keys.parsed(pem)
    except CallError as error:
        raise CallError(f"parsing private key: {error.message}") from error


def _custom(cert: str, key: str) -> Certificate:
    """`buildCustomCert`: a certificate and key that are given, base64."""
    try:
        cert_pem = octets.decode(decode_base64(cert))
    except CallError as error:
        raise CallError("unable to decode base64 certificate") from error
    try:
        key_pem = octets.decode(decode_base64(key))
    except CallError as error:
        raise CallError("unable to decode base64 private key") from error
    _parsed(cert_pem, "decodedCert")
    try:
        keys.parsed(key_pem)
    except CallError as error:
        raise CallError(f"error parsing private key: {error.message}") from error
    return Certificate(cert_pem, key_pem)


def _parsed(pem: str, what: str) -> x509.Certificate:
    if "-----BEGIN " not in pem:
        raise CallError("unable to decode certificate")
    try:
        return x509.load_pem_x509_certificate(octets.encode(pem))
    except ValueError as error:
        raise CallError(f"error parsing certificate: {what}.Bytes: not an X.509 certificate") from error


# --- making -------------------------------------------------------------------------------------------------------


def _self_signed(run: Run, request: _Request, key: PrivateKey) -> Certificate:
    return _made(run, request, key, _Signer(_subject(request.name), key))


def _signed_by(run: Run, request: _Request, key: PrivateKey, authority: Certificate) -> Certificate:
    certificate = _parsed(authority.cert, "decodedSignerCert")
    try:
        signing_key = keys.parsed(authority.key)
    except CallError as error:
        raise CallError(f"error parsing private key: {error.message}") from error
    return _made(run, request, key, _Signer(certificate.subject, signing_key, certificate))


def _made(run: Run, request: _Request, key: PrivateKey, signer: _Signer) -> Certificate:
    run.charge(_SIGNING_STEPS)
    signing_key = signer.key
    if isinstance(key, dsa.DSAPrivateKey) or isinstance(signing_key, dsa.DSAPrivateKey):
        raise CallError("error creating certificate: x509: unsupported public key type: *dsa.PublicKey")
    now = run.clock.now().replace(microsecond=0)
    try:
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(request.name))
            .issuer_name(signer.subject)
            .public_key(key.public_key())
            .serial_number(secrets.randbits(127) + 1)
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=request.days))
        )
        for extension, is_critical in _extensions(request, key, signer):
            builder = builder.add_extension(extension, is_critical)
        made = builder.sign(signing_key, _algorithm(signing_key))
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm) as error:
        raise CallError("error creating certificate: a name or the time of validity cannot be encoded") from error
    return Certificate(made.public_bytes(serialization.Encoding.PEM).decode(), keys.pem(key))


def _algorithm(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """What Go signs with when nothing is asked for."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    size = key.key_size if isinstance(key, ec.EllipticCurvePrivateKey) else 256
    return hashes.SHA256() if size <= 256 else hashes.SHA384() if size <= 384 else hashes.SHA512()


def _subject(name: str) -> x509.Name:
    if len(name) > _COMMON_NAME:
        raise CallError(f"error creating certificate: a common name has at most {_COMMON_NAME} characters")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, octets.clean(name))] if name else [])


def _extensions(request: _Request, key: PrivateKey, signer: _Signer) -> list[tuple[x509.ExtensionType, bool]]:
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=request.is_ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    found: list[tuple[x509.ExtensionType, bool]] = [
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.BasicConstraints(ca=request.is_ca, path_length=None), True),
    ]
    if request.is_ca:
        found.append((x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False))
    identifier = _key_identifier_or_none(signer.certificate)
    if identifier is not None:
        found.append((x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False))
    names = [*map(_dns_name, _bounded(request.dns_names)), *map(_address, _bounded(request.addresses))]
    if names:
        found.append((x509.SubjectAlternativeName(names), False))
    return found


def _key_identifier_or_none(certificate: x509.Certificate | None) -> x509.SubjectKeyIdentifier | None:
    if certificate is None:
        return None
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _bounded(names: list[Any]) -> list[Any]:
    if len(names) > _NAMES:
        raise CallError(f"a certificate has at most {_NAMES} alternative names")
    return names


def _dns_name(name: Any) -> x509.GeneralName:
    if not isinstance(name, str):
        raise CallError(f"error processing alternate dns name: {values.short(name)} is not a string")
    return x509.DNSName(name)


def _address(address: Any) -> x509.GeneralName:
    if not isinstance(address, str):
        raise CallError(f"error parsing ip: {values.short(address)} is not a string")
    try:
        if "%" in address:
            raise ValueError("a zone")
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError as error:
        raise CallError(f"error parsing ip: {values.short(address)}") from error


_TAKES_RUN: Final = Traits(takes_run=True)
_KINDS: Final = KINDS | {"c": Kind("sprig.certificate", Certificate)}

FUNCTIONS: Final[dict[str, Function]] = {
    "genPrivateKey": fn("s", keys.generate, _TAKES_RUN),
    "genCA": fn("si", _ca, _TAKES_RUN),
    "genCAWithKey": fn("sis", _ca_with_key, _TAKES_RUN),
    "genSelfSignedCert": fn("slli", _self, _TAKES_RUN),
    "genSelfSignedCertWithKey": fn("sllis", _self_with_key, _TAKES_RUN),
    "genSignedCert": fn("sllic", _signed, _TAKES_RUN, _KINDS),
    "genSignedCertWithKey": fn("sllics", _signed_with_key, _TAKES_RUN, _KINDS),
    "buildCustomCert": fn("ss", _custom),
}
