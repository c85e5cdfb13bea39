import base64
import stat

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from dokaseca.dock import jwt
from dokaseca.model.errors import UserError


def part(value):
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def test_what_is_signed_is_read_back_by_the_same_key_only():
    signer = jwt.Signer()
    token = signer.sign({"sub": "jane"})
    assert signer.claims_or_none(token) == {"sub": "jane"}
    assert signer.claims_or_none(token) is signer.claims_or_none(token), "verified once"
    assert jwt.Signer().claims_or_none(token) is None


def test_a_token_cannot_choose_its_algorithm_nor_be_changed():
    signer = jwt.Signer()
    header, _, signature = signer.sign({"sub": "jane"}).split(".")
    forged = part({"sub": "root"})
    none = part({"alg": "none"})
    for token in (
        f"{header}.{forged}.{signature}",
        f"{none}.{forged}.",
        f"{none}.{forged}.{signature}",
        f"{header}.{forged}.",
        f"{header}.{forged}.{signature}AAAA",
        f"{header}.{forged}.!!{signature[2:]}",
        header,
        "",
        "ü.ü.ü",
        "a" * (jwt.TOKEN_BYTES + 1),
    ):
        assert signer.claims_or_none(token) is None


def test_only_so_many_tokens_are_remembered(monkeypatch):
    monkeypatch.setattr(jwt, "_REMEMBERED", 2)
    signer = jwt.Signer()
    tokens = [signer.sign({"n": number}) for number in range(3)]
    first = [signer.claims_or_none(token) for token in tokens]
    assert signer.claims_or_none(tokens[2]) is first[2]
    again = signer.claims_or_none(tokens[0])
    assert again == first[0]
    assert again is not first[0], "forgotten, and verified again"


def test_the_key_of_a_folder_is_private_and_kept(tmp_path):
    path = tmp_path / "sa.key"
    token = jwt.of_folder(path).sign({"sub": "jane"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["sa.key"]
    assert jwt.of_folder(path).claims_or_none(token) == {"sub": "jane"}


def test_a_key_that_is_no_use_is_named(tmp_path):
    path = tmp_path / "sa.key"
    path.write_text("damaged")
    with pytest.raises(UserError, match="is damaged; remove the file") as raised:
        jwt.of_folder(path)
    assert (raised.value.reason, raised.value.subject) == ("StateUnusable", str(path))
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    for other in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        path.write_bytes(other.private_bytes(*encoding))
        with pytest.raises(UserError, match="not of curve P-256"):
            jwt.of_folder(path)
    with pytest.raises(UserError, match="cannot be stored"):
        jwt.of_folder(tmp_path / "nowhere" / "sa.key")
