"""Argo CD's two ways to turn any text into part of a Kubernetes name: `normalize` and `slugify`."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NAME_LIMIT: Final = 253  # a DNS subdomain
_BRANCH_LIMIT: Final = 50  # leaves 13 of a DNS label's 63 for what a template adds
_NOT_IN_NAME: Final = re.compile(r"[^-a-z0-9.]")
_NOT_IN_SLUG: Final = re.compile(r"[^a-z0-9\-_]")
_DASHES: Final = re.compile(r"-+")
_SUBSTITUTES: Final = {"&": "and", "@": "at"}  # gosimple/slug, English
_DOTTED_I: Final = "\u0130"  # whose lower case is `i` in Go, and two characters in Python


def normalize(text: str) -> str:
    """`text` in lower case, every character outside `[-a-z0-9.]` a dash, at most 253 long, trimmed of `-` and `.`."""
    lower = text.lower() if text.isascii() else text.replace(_DOTTED_I, "i").lower()
    return _NOT_IN_NAME.sub("-", lower)[:_NAME_LIMIT].strip("-.")


def slugify(text: str, max_length: int = 50, smart: bool = True) -> str:
    """A slug of `normalize(text)`: at most `max_length` long, cut between words when `smart` (gosimple/slug).

    Without `smart` it is cut before dashes are joined and trimmed, so that it may end up shorter. A length below 1
    means no limit to `smart`, and nothing without it.
    """
    name = normalize(text)
    slug = make(name if smart or len(name) < max_length else name[:max_length])
    return _cut_between_words(slug, max_length) if smart and max_length > 0 else slug


def of_branch(name: str) -> str:
    """The `branch_slug` of pull requests: at most 50 long, cut between words, underscores become dashes."""
    return _cut_between_words(make(name.replace("_", "-")), _BRANCH_LIMIT)


def make(text: str) -> str:
    """gosimple/slug's Make without truncation: ASCII, lower case, words joined by single dashes."""
    for character, word in _SUBSTITUTES.items():
        text = text.replace(character, word)
    text = unicodedata.normalize("NFKD", text.strip()).encode("ascii", "ignore").decode().lower()
    return _DASHES.sub("-", _NOT_IN_SLUG.sub("-", text)).strip("-_")


def _cut_between_words(slug: str, max_length: int) -> str:
    """Up to the last dash that leaves at most `max_length`; a first word that is longer is cut itself."""
    end = slug.rfind("-", 0, max_length + 1) if len(slug) > max_length else -1
    return slug[:end] if end >= 0 else slug[:max_length]
