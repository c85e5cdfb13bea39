"""What a kustomization may not ask of Kustomize: anything from the network, or more memory than there is. Pure.

Kustomize fetches URLs by itself, and Go heeds no proxy setting for addresses of this machine: whatever gets past here
reaches the services beside us. So what is not understood is refused.
"""

from __future__ import annotations

import re
from typing import Any

from dokaseca.kit import redact, yaml_in
from dokaseca.model.errors import UserError

_SHOWN = 200  # characters of a text in a message
_REMOTE = re.compile(
    r"(?:[a-z0-9+.-]+::?//|git::|(?:https?|file|ssh|git):|[\w.-]+@[\w.-]+:|github\.com[/:]"
    r"|[a-z0-9.-]+\.[a-z]{2,}/.+//"
    r"|.*[?&](?:ref|version|timeout|submodules)="
    r"|.*\.git(?:[/?:]|\Z)"
    r"|.*/_git/)",
    re.I | re.S,
)
_PLUGIN_FOLDER_FIELDS = frozenset(("apiVersion", "kind", "metadata", "resources"))


def check_local(text: str, name: str) -> None:
    """Let `text`, or what stands behind its `=`, name no file elsewhere; Kustomize trims before it looks.

    Raises:
        UserError: reason RemoteBase.
    """
    trimmed = text.strip()
    parts = (trimmed, trimmed.partition("=")[2].strip())
    if "://" in trimmed or any(_REMOTE.match(one) for one in parts):
        shown = redact.text(trimmed)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        raise UserError(
            f"remote base {shown!r} is not fetched; copy it into the repository", reason="RemoteBase", subject=name
        )


def is_inline(text: str) -> bool:
    """Whether an entry that is a path or a text is a text: no URL and no path begins so, or has a second line."""
    trimmed = text.strip()
    return "\n" in trimmed or trimmed.startswith("{")


def check_inline(text: str, name: str) -> None:
    """Let a text be objects: Kustomize takes what it cannot read as one for a path.

    Raises:
        UserError: reason InvalidManifest.
    """
    _mappings(text, name)


def check_plugin(content: bytes | str, name: str) -> None:
    """Let no generator, transformer or validator read from the network, whatever field it uses.

    Raises:
        UserError: reasons RemoteBase, InvalidManifest (it cannot be read here, so nobody knows what it asks for).
    """
    todo: list[Any] = [*_mappings(content, name)]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += [*one, *one.values()]
        elif isinstance(one, list):
            todo += one
        elif isinstance(one, str) and "\n" not in one.strip():  # what has two lines is no URL
            check_local(one, name)


def check_plugin_folder(kustomization: dict[str, Any], name: str) -> None:
    """Let a kustomization of generators only list them: one that edits them could put a URL together.

    Raises:
        UserError: reason InvalidManifest.
    """
    others = sorted(str(field) for field in kustomization if field not in _PLUGIN_FOLDER_FIELDS)
    if others:
        raise UserError(
            f"a folder of generators, transformers or validators may list resources only; remove {', '.join(others)}",
            reason="InvalidManifest",
            subject=name,
        )


def check_aliases(content: bytes, name: str) -> None:
    """Hold a file that may use YAML aliases to their bound: Kustomize has none, and a few lines fill the memory.

    Raises:
        UserError: reason InvalidManifest.
    """
    if b"&" in content and b"*" in content:
        _loaded(content, name)


def _mappings(content: bytes | str, name: str) -> list[dict[str, Any]]:
    values = [one.value for one in _loaded(content, name)]
    if not values or not all(isinstance(one, dict) for one in values):
        raise UserError(
            "what is listed here must be an object with apiVersion and kind", reason="InvalidManifest", subject=name
        )
    return values


def _loaded(content: bytes | str, name: str) -> list[yaml_in.Document]:
    try:
        return yaml_in.load_all(content, subject=name)
    except yaml_in.InvalidYAML as error:
        raise UserError(
            error.message, reason="InvalidManifest", subject=f"{name}:{error.line}:{error.column}"
        ) from error
