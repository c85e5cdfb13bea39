"""Sprig: digests, passwords, random bytes, AES."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import zlib
from collections.abc import Callable
from typing import Any, Final

import bcrypt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dokaseca.generate.templates.gotemplate import octets
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, Traits, fn
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.generate.templates.gotemplate.sprig.encoding import decode_base64
from dokaseca.kit import bounds

_BCRYPT_COST: Final = 10  # the library's default, in Go
_BCRYPT_BYTES: Final = 72
_BLOCK: Final = 16
_KEY: Final = 32
_SLOW: Final = Traits(cost=50_000)  # a twentieth of a template's budget: about 60 ms
_SLOWER: Final = Traits(cost=100_000)
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


def _digest(algorithm: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(algorithm, octets.encode(text), usedforsecurity=False).hexdigest()


def _random_bytes(count: int) -> str:
    if count < 0:
        raise CallError("runtime error: makeslice: len out of range")
    convert.checked_count(count, bounds.TEMPLATE_OUTPUT_BYTES // 2, "the bytes")
    return base64.b64encode(secrets.token_bytes(count)).decode()


def _bcrypt(password: str) -> str:
    raw = octets.encode(password)
    if len(raw) > _BCRYPT_BYTES:
        return f"failed to encrypt string with bcrypt: bcrypt: password length exceeds {_BCRYPT_BYTES} bytes"
    return bcrypt.hashpw(raw, bcrypt.gensalt(_BCRYPT_COST, prefix=b"2a")).decode()


def _htpasswd(user: str, password: str) -> str:
    return f"invalid username: {user}" if ":" in user else f"{user}:{_bcrypt(password)}"


def _sized(text: str) -> bytes:
    raw = octets.encode(text)
    return len(raw).to_bytes(4, "big") + raw


def _derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    shapes = _TEMPLATES.get(kind)
    if shapes is None:
        return f"cannot find password template {kind}"
    key = hashlib.scrypt(
        octets.encode(password), salt=_SCOPE + _sized(user), n=32768, r=8, p=2, maxmem=64 * 1024 * 1024, dklen=64
    )
    seed = hmac.new(key, _SCOPE + _sized(site) + int(counter).to_bytes(4, "big"), "sha256").digest()
    shape = shapes[seed[0] % len(shapes)]
    return "".join(_CHARACTERS[c][seed[at] % len(_CHARACTERS[c])] for at, c in enumerate(shape, 1))


def _aes(password: str, vector: bytes) -> Any:
    key = octets.encode(password)[:_KEY].ljust(_KEY, b"\0")
    return Cipher(algorithms.AES256(key), modes.CBC(vector))


def _encrypt(password: str, text: str) -> str:
    if not text:
        return ""
    data = octets.encode(text)
    pad = _BLOCK - len(data) % _BLOCK
    vector = secrets.token_bytes(_BLOCK)
    encryptor = _aes(password, vector).encryptor()
    sealed = encryptor.update(data + bytes([pad]) * pad) + encryptor.finalize()
    return base64.b64encode(vector + sealed).decode()


def _decrypt(password: str, text: str) -> str:
    if not text:
        return ""
    data = decode_base64(text)
    if len(data) < _BLOCK:
        raise CallError(f"runtime error: slice bounds out of range [:{_BLOCK}] with capacity {len(text) // 4 * 3}")
    if len(data) == _BLOCK:
        raise CallError("runtime error: index out of range [-1]")
    if len(data) % _BLOCK:
        raise CallError("crypto/cipher: input not full blocks")
    decryptor = _aes(password, data[:_BLOCK]).decryptor()
    plain = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
    if plain[-1] > len(plain):
        raise CallError("not what encryptAES gave, or another password")
    return octets.decode(plain[: len(plain) - plain[-1]])


FUNCTIONS: Final[dict[str, Function]] = {
    "sha1sum": fn("s", _digest("sha1")),
    "sha256sum": fn("s", _digest("sha256")),
    "sha512sum": fn("s", _digest("sha512")),
    "adler32sum": fn("s", lambda text: str(zlib.adler32(octets.encode(text)))),
    "randBytes": fn("i", _random_bytes),
    "bcrypt": fn("s", _bcrypt, _SLOW),
    "htpasswd": fn("ss", _htpasswd, _SLOW),
    "derivePassword": fn("ussss", _derive_password, _SLOWER),
    "encryptAES": fn("ss", _encrypt),
    "decryptAES": fn("ss", _decrypt),
}
