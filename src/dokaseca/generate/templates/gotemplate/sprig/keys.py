"""Sprig: private keys as PEM."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from dokaseca.generate.templates.gotemplate import octets
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.run import Run

PrivateKey: TypeAlias = rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_LARGEST_PEM: Final = 64 * 1024  # far more than any key or certificate takes
_STEPS: Final = {"rsa": 400_000, "dsa": 200_000, "ecdsa": 1_000, "ed25519": 1_000}  # of a template's 1,000,000
_RSA_2048_STEPS: Final = 50_000  # about 100 ms


def generate(run: Run, kind: str) -> str:
    """`genPrivateKey`: a new key as PEM, or sprig's complaint."""
    name = kind or "rsa"
    if name not in _STEPS:
        return f"Unknown type {kind}"
    run.charge(_STEPS[name])
    key: PrivateKey
    if name == "rsa":
        key = rsa.generate_private_key(65537, 4096)
    elif name == "dsa":
        key = dsa.generate_private_key(2048)
    elif name == "ecdsa":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    return pem(key)


def rsa_2048(run: Run) -> PrivateKey:
    """What certificates get when no key is given."""
    run.charge(_RSA_2048_STEPS)
    return rsa.generate_private_key(65537, 2048)


def pem(key: PrivateKey) -> str:
    """A key in the form that is usual for its kind."""
    is_new = isinstance(key, ed25519.Ed25519PrivateKey)
    form = serialization.PrivateFormat.PKCS8 if is_new else serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def parsed(text: str) -> PrivateKey:
    """The private key in the first PEM block of `text`.

    Raises:
        CallError: there is none.
    """
    block = _BLOCK.search(text) if len(text) <= _LARGEST_PEM else None
    if block is None:
        raise CallError("no PEM data in input")
    kind = block[1]
    if kind != "PRIVATE KEY" and not kind.endswith(" PRIVATE KEY"):
        raise CallError(f"no private key data in PEM block of type {kind}")
    key: Any
    try:
        key = serialization.load_pem_private_key(octets.encode(text[block.start() :]), None)
    except Exception as error:  # the library raises ValueError, TypeError and classes of its own
        raise CallError(f"parsing {kind} from PEM: not a private key without a password") from error
    if not isinstance(key, PrivateKey):
        raise CallError(f"invalid private key type {kind.removesuffix(' PRIVATE KEY')}")
    return key
