"""The certificates of one cluster: its authority, its server's, and the administrator's client certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dokaseca.dock import private_file
from dokaseca.model.errors import IntegrityError, UserError

_CA_DAYS: Final = 3650
_LEAF_DAYS: Final = 825  # what TLS clients accept at most
_RENEW_DAYS: Final = 30  # renewed when less is left
_SERVER_NAMES: Final = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
_SERVER_ADDRESSES: Final = ("127.0.0.1", "::1", "10.96.0.1")
_UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm)  # what reading a damaged file raises
_LOST_AUTHORITY: Final = (
    "{what}; kubeconfigs trust this authority, so that none is made in its place: put a copy from before back, "
    "or move ca.crt and ca.key away for a new one, and fetch the kubeconfigs again"
)
ADMIN: Final = ("kubernetes-admin", "system:masters")


@dataclass(frozen=True, slots=True)
class Pki:
    """Where a cluster's certificates lie; keys are readable by their owner only."""

    folder: Path

    @property
    def ca_certificate(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def server_certificate(self) -> Path:
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        return self.folder / "server.key"

    @property
    def admin_certificate(self) -> Path:
        return self.folder / "admin.crt"

    @property
    def admin_key(self) -> Path:
        return self.folder / "admin.key"


def ensure(folder: Path) -> Pki:
    """The certificates in `folder`, made where they are missing or about to end; an authority is kept while it lasts.

    Raises:
        UserError: reason StateUnusable: the folder cannot be written.
        IntegrityError: the authority is damaged; nothing is made in its place, since clients trust it.
    """
    pki = Pki(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority, key, is_new = _authority(pki)
        if is_new or not _is_good(pki.server_certificate, pki.server_key, authority):
            _leaf(pki.server_certificate, pki.server_key, "kube-apiserver", (), (authority, key), is_server=True)
        if is_new or not _is_good(pki.admin_certificate, pki.admin_key, authority):
            _leaf(pki.admin_certificate, pki.admin_key, ADMIN[0], ADMIN[1:], (authority, key), is_server=False)
    except OSError as error:
        message = f"certificates cannot be stored ({error.strerror}); check the folder's permissions and space"
        raise UserError(message, reason="StateUnusable", subject=str(folder)) from error
    return pki


def _authority(pki: Pki) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey, bool]:
    key_path = pki.folder / "ca.key"
    if pki.ca_certificate.exists():
        found, key = _kept_authority(pki.ca_certificate, key_path)
        if _lasts(found):
            return found, key, False
    made = ec.generate_private_key(ec.SECP256R1())
    name = _name("kubernetes-ca", ())
    builder = _builder(name, name, made.public_key(), _CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
    certificate = builder.sign(made, hashes.SHA256())
    private_file.write_key(key_path, made)
    private_file.write(pki.ca_certificate, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, made, True


def _leaf(
    path: Path,
    key_path: Path,
    name: str,
    groups: Sequence[str],
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    *,
    is_server: bool,
) -> None:
    authority, authority_key = issuer
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name, groups), authority.subject, key.public_key(), _LEAF_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=False), critical=True)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    usage = ExtendedKeyUsageOID.SERVER_AUTH if is_server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if is_server:
        names: list[x509.GeneralName] = [x509.DNSName(one) for one in _SERVER_NAMES]
        names += [x509.IPAddress(ip_address(one)) for one in _SERVER_ADDRESSES]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = builder.sign(authority_key, hashes.SHA256())
    private_file.write_key(key_path, key)
    private_file.write(path, certificate.public_bytes(serialization.Encoding.PEM))


def _name(common: str, groups: Sequence[str]) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # clocks differ
        .not_valid_after(now + timedelta(days=days))
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _lasts(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=_RENEW_DAYS)


def _kept_authority(path: Path, key_path: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The authority that was made before.

    Raises:
        IntegrityError: a file of it is missing or damaged.
    """
    reading, what = path, "is no certificate"
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        reading, what = key_path, "is no private key"
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == certificate.public_key():
            return certificate, key
        what = f"is not the key of {path.name}"
        raise IntegrityError(_LOST_AUTHORITY.format(what=what), subject=str(reading))
    except FileNotFoundError as error:
        raise IntegrityError(_LOST_AUTHORITY.format(what="is missing"), subject=str(reading)) from error
    except _UNREADABLE as error:
        raise IntegrityError(_LOST_AUTHORITY.format(what=what), subject=str(reading)) from error


def _is_good(path: Path, key_path: Path, authority: x509.Certificate) -> bool:
    """A certificate of this authority with its key, good for a while; anything else can be made anew."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        certificate.verify_directly_issued_by(authority)
    except (FileNotFoundError, InvalidSignature, *_UNREADABLE):
        return False
    return key.public_key() == certificate.public_key() and _lasts(certificate)
