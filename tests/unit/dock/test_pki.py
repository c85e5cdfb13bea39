import stat
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from dokaseca.dock import pki
from dokaseca.model.errors import IntegrityError, UserError


def test_keys_are_private_and_everything_is_kept(tmp_path):
    first = pki.ensure(tmp_path / "pki")
    contents = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    assert set(contents) == {"ca.crt", "ca.key", "server.crt", "server.key", "admin.crt", "admin.key"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in first.folder.iterdir())
    pki.ensure(tmp_path / "pki")
    assert {path.name: path.read_bytes() for path in first.folder.iterdir()} == contents


def test_a_missing_certificate_is_made_anew_by_the_same_authority(tmp_path):
    made = pki.ensure(tmp_path)
    authority = made.ca_certificate.read_bytes()
    made.server_certificate.write_text("damaged")
    made.admin_key.unlink()
    pki.ensure(tmp_path)
    assert made.ca_certificate.read_bytes() == authority
    certificate = x509.load_pem_x509_certificate(made.server_certificate.read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    assert certificate.not_valid_after_utc > datetime.now(UTC)


def test_certificates_say_who_they_are_for(tmp_path):
    made = pki.ensure(tmp_path)
    admin = x509.load_pem_x509_certificate(made.admin_certificate.read_bytes())
    assert admin.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "kubernetes-admin"
    assert admin.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:masters"
    server = x509.load_pem_x509_certificate(made.server_certificate.read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "kubernetes.default.svc"} <= set(names.get_values_for_type(x509.DNSName))
    assert "127.0.0.1" in map(str, names.get_values_for_type(x509.IPAddress))


def test_a_folder_that_cannot_be_made_is_a_users_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="certificates cannot be stored"):
        pki.ensure(tmp_path / "file" / "pki")


@pytest.mark.parametrize("name", ["server.key", "admin.key", "server.crt"])
def test_a_damaged_leaf_is_made_anew(tmp_path, name):
    made = pki.ensure(tmp_path)
    (tmp_path / name).write_bytes(b"\x00garbage")
    pki.ensure(tmp_path)
    authority = x509.load_pem_x509_certificate(made.ca_certificate.read_bytes())
    for path, key_path in ((made.server_certificate, made.server_key), (made.admin_certificate, made.admin_key)):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        certificate.verify_directly_issued_by(authority)
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        assert key.public_key() == certificate.public_key()


def test_a_leaf_of_another_authority_is_made_anew(tmp_path):
    made, other = pki.ensure(tmp_path / "one"), pki.ensure(tmp_path / "other")
    for name in ("server.crt", "server.key"):
        (made.folder / name).write_bytes((other.folder / name).read_bytes())
    pki.ensure(made.folder)
    certificate = x509.load_pem_x509_certificate(made.server_certificate.read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(made.ca_certificate.read_bytes()))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("ca.key", b"\x00garbage", "is no private key"),
        ("ca.key", None, "is missing"),
        ("ca.key", "server.key", "is not the key of ca.crt"),
        ("ca.crt", b"\x00garbage", "is no certificate"),
    ],
)
def test_a_damaged_authority_is_named_and_nothing_is_made_in_its_place(tmp_path, name, content, what):
    pki.ensure(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes((tmp_path / content).read_bytes() if isinstance(content, str) else content)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(IntegrityError, match=f"{what}; kubeconfigs trust this authority") as raised:
        pki.ensure(tmp_path)
    assert raised.value.subject == str(tmp_path / name)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
