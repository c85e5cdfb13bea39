"""`.helmignore`: which files of an unpacked chart Helm does not see. Pure (Helm: `pkg/ignore`)."""

from __future__ import annotations

from collections.abc import Callable

from dokaseca.kit import globs
from dokaseca.model.errors import UserError

FILE = ".helmignore"
ALWAYS = "templates/.?*"  # Helm's own rule: hidden files are no templates

Rule = tuple[bool, bool, str]  # negated, folders only, pattern


def reader(content: bytes, *, subject: str) -> Callable[[str], bool]:
    """Whether a path (relative to the chart) is ignored, itself or by a folder above it.

    Raises:
        UserError: a rule with `**`, which Helm does not know.
    """
    rules = [
        rule for line in [*content.decode(errors="replace").splitlines(), ALWAYS] for rule in _rules(line, subject)
    ]

    def is_ignored(path: str) -> bool:
        parts = path.split("/")
        folders = ("/".join(parts[:count]) for count in range(1, len(parts)))
        return any(_ignores(rules, one, is_folder=True) for one in folders) or _ignores(rules, path, is_folder=False)

    return is_ignored


def _rules(line: str, subject: str) -> list[Rule]:
    text = line.strip()
    if not text or text.startswith("#"):
        return []
    if "**" in text:
        raise UserError(f"{FILE}: {text!r} uses **, which Helm does not support", reason="HelmIgnore", subject=subject)
    negated, text = text.startswith("!"), text.removeprefix("!")
    folders_only, text = text.endswith("/"), text.removesuffix("/")
    return [(negated, folders_only, text)] if text else []


def _ignores(rules: list[Rule], path: str, *, is_folder: bool) -> bool:
    for negated, folders_only, pattern in rules:
        if negated:
            if (folders_only and not is_folder) or not _matches(pattern, path):
                return True
        elif (is_folder or not folders_only) and _matches(pattern, path):
            return True
    return False


def _matches(pattern: str, path: str) -> bool:
    text = path if "/" in pattern else path.rpartition("/")[2]
    return globs.matches(pattern.removeprefix("/").replace("{", "\\{"), text, separator="/")
