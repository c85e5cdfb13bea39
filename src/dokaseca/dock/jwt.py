"""Signed tokens (RFC 7519) of one cluster: ES256, one key, nothing else accepted."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from dokaseca.dock import private_file
from dokaseca.model.errors import UserError

TOKEN_BYTES: Final = 16_384  # as long as a header may be
_REMEMBERED: Final = 1_024  # tokens whose signature need not be verified again
_COORDINATE_BYTES: Final = 32  # of a signature's two numbers


class Signer:
    """Signs claims and reads them back.

    Args:
        key: of curve P-256.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = {"alg": "ES256", "kid": _encode(hashlib.sha256(public).digest()), "typ": "JWT"}
        self._header = _encode(orjson.dumps(header))
        self._verified: OrderedDict[bytes, dict[str, Any]] = OrderedDict()

    def sign(self, claims: dict[str, Any]) -> str:
        """A token that carries `claims`."""
        signed = f"{self._header}.{_encode(orjson.dumps(claims))}"
        numbers = utils.decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_encode(b''.join(number.to_bytes(_COORDINATE_BYTES, 'big') for number in numbers))}"

    def claims_or_none(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that this key signed; whether they still hold is not looked at."""
        if len(token) > TOKEN_BYTES or not token.isascii():
            return None
        digest = hashlib.sha256(token.encode()).digest()
        found = self._verified.get(digest)
        if found is not None:
            self._verified.move_to_end(digest)
            return found
        found = self._read_or_none(token)
        if found is not None:
            self._verified[digest] = found
            if len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        return found

    def _read_or_none(self, token: str) -> dict[str, Any] | None:
        header, _, rest = token.partition(".")
        payload, _, signature = rest.partition(".")
        if header != self._header:  # our only algorithm and key: a token cannot choose another
            return None
        try:
            numbers = _decode(signature)
            if len(numbers) != 2 * _COORDINATE_BYTES:
                return None
            pair = (
                int.from_bytes(numbers[:_COORDINATE_BYTES], "big"),
                int.from_bytes(numbers[_COORDINATE_BYTES:], "big"),
            )
            encoded = utils.encode_dss_signature(*pair)
            self._key.public_key().verify(encoded, f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
            claims = orjson.loads(_decode(payload))
        except (InvalidSignature, ValueError, binascii.Error):
            return None
        return claims if isinstance(claims, dict) else None


def of_folder(path: Path) -> Signer:
    """The signer whose key lies at `path`, made where there is none; readable by its owner only.

    Raises:
        UserError: reason StateUnusable: the key cannot be read or stored.
    """
    try:
        if not path.exists():
            private_file.write_key(path, ec.generate_private_key(ec.SECP256R1()))
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        message = f"the key of ServiceAccount tokens cannot be stored ({error.strerror}); check permissions and space"
        raise UserError(message, reason="StateUnusable", subject=str(path)) from error
    except (ValueError, TypeError) as error:
        message = "the key of ServiceAccount tokens is damaged; remove the file: a new key is made, tokens end"
        raise UserError(message, reason="StateUnusable", subject=str(path)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        message = (
            "the key of ServiceAccount tokens is not of curve P-256; remove the file: a new key is made, tokens end"
        )
        raise UserError(message, reason="StateUnusable", subject=str(path))
    return Signer(key)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
