import stat
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from dokaseca.dock import pki
from dokaseca.model.errors import UserError


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
