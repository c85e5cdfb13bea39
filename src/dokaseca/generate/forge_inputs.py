"""What the generators that ask forges work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.scm import Scm

Read = Callable[[GroupVersionKind, str, str], Awaitable[Manifest]]


@dataclass(frozen=True, slots=True)
class ForgeRules:
    """What ApplicationSets may ask.

    Attributes:
        is_enabled: Argo CD's `--enable-scm-providers`.
        allowed_apis: the custom `api` URLs that may be written, compared letter by letter; empty allows all
            (`--allowed-scm-providers`).
        is_token_ref_strict: Secrets must carry the label that says what they are for (`--token-ref-strict-mode`).
    """

    is_enabled: bool = True
    allowed_apis: tuple[str, ...] = ()
    is_token_ref_strict: bool = False


@dataclass(frozen=True, slots=True)
class ForgeInputs:
    """Forges, and where their credentials are.

    Attributes:
        read: one object of the hub: (kind, namespace, name); raises NotFoundError.
    """

    scm: Scm
    read: Read
    rules: ForgeRules = ForgeRules()
