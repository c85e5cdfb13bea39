"""Sprig: digests, random bytes, derived passwords, AES. Certificates and bcrypt are not offered: see `REFUSED`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
import zlib
from typing import Any, Final

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn

_RANDOM_BYTES: Final = 1 << 20  # more has no use in a manifest
_TEMPLATES: Final = {  # the Master Password algorithm's shapes, by class
    "long": (
        *("CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno"),
        *("CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno"),
        *("CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno"),
        *("CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno"),
    ),
    "maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    "medium": ("CvcnoCvc", "CvcCvcno"),
    "short": ("Cvcn",),
    "basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    "pin": ("nnnn",),
}
_CHARACTERS: Final = {
    "V": "AEIOU",
    "C": "BCDFGHJKLMNPQRSTVWXYZ",
    "v": "aeiou",
    "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
    "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
}
_SCOPE: Final = b"com.lyndir.masterpassword"

REFUSED: Final = {
    "bcrypt": "a password hash differs at each reconcile; write the hash itself",
    "htpasswd": "a password hash differs at each reconcile; write the hash itself",
    "genPrivateKey": "a key made at each reconcile never settles; keep it in a Secret",
    "genCA": "a certificate made at each reconcile never settles; use cert-manager",
    "genCAWithKey": "a certificate made at each reconcile never settles; use cert-manager",
    "genSelfSignedCert": "a certificate made at each reconcile never settles; use cert-manager",
    "genSelfSignedCertWithKey": "a certificate made at each reconcile never settles; use cert-manager",
    "genSignedCert": "a certificate made at each reconcile never settles; use cert-manager",
    "genSignedCertWithKey": "a certificate made at each reconcile never settles; use cert-manager",
    "buildCustomCert": "certificates are not offered in templates; use cert-manager",
    "env": "templates may not read the environment",
    "expandenv": "templates may not read the environment",
    "getHostByName": "templates may not use the network",
}


def _digest(algorithm: str) -> Any:
    return lambda text: hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


def _random_bytes(count: int) -> str:
    if not 0 <= count <= _RANDOM_BYTES:
        raise CallError(f"randBytes gives 0 to {_RANDOM_BYTES} bytes")
    return base64.b64encode(secrets.token_bytes(count)).decode()


def _sized(text: str) -> bytes:
    return len(text.encode()).to_bytes(4, "big") + text.encode()


def _derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    shapes = _TEMPLATES.get(kind)
    if shapes is None:
        return f"cannot find password template {kind}"
    key = hashlib.scrypt(
        password.encode(), salt=_SCOPE + _sized(user), n=32768, r=8, p=2, maxmem=64 * 1024 * 1024, dklen=64
    )
    seed = hmac.new(key, _SCOPE + _sized(site) + (counter & 0xFFFFFFFF).to_bytes(4, "big"), "sha256").digest()
    shape = shapes[seed[0] % len(shapes)]
    return "".join(_CHARACTERS[c][seed[at] % len(_CHARACTERS[c])] for at, c in enumerate(shape, 1))


def _aes(password: str, vector: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES256(password.encode()[:32].ljust(32, b"\0")), modes.CBC(vector))


def _encrypt(password: str, text: str) -> str:
    if not password:
        raise CallError("crypto/aes: invalid key size 0")
    data = text.encode()
    pad = 16 - len(data) % 16
    vector = secrets.token_bytes(16)
    encryptor = _aes(password, vector).encryptor()
    sealed = encryptor.update(data + bytes([pad]) * pad) + encryptor.finalize()
    return base64.b64encode(vector + sealed).decode()


def _decrypt(password: str, text: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
        decryptor = _aes(password, data[:16]).decryptor()
        plain = decryptor.update(data[16:]) + decryptor.finalize()
        return str(plain[: -plain[-1]].decode())
    except (ValueError, IndexError) as error:
        raise CallError("decryptAES: not what encryptAES gave, or another password") from error


FUNCTIONS: Final[dict[str, Function]] = {
    "sha1sum": fn("s", _digest("sha1")),
    "sha256sum": fn("s", _digest("sha256")),
    "sha512sum": fn("s", _digest("sha512")),
    "adler32sum": fn("s", lambda text: str(zlib.adler32(text.encode()))),
    "uuidv4": fn("", lambda: str(uuid.uuid4())),
    "randBytes": fn("i", _random_bytes),
    "derivePassword": fn("issss", _derive_password),
    "encryptAES": fn("ss", _encrypt),
    "decryptAES": fn("ss", _decrypt),
}
