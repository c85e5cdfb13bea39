"""Argo CD's two ways to turn any text into part of a Kubernetes name: `normalize` and `slugify`."""

from __future__ import annotations

import re
import unicodedata

_NAME_LIMIT = 253  # a DNS subdomain
_BRANCH_LIMIT = 50  # leaves 13 of a DNS label's 63 for what a template adds
_NOT_IN_NAME = re.compile(r"[^-a-z0-9.]")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9\-_]")
_DASHES = re.compile(r"-+")
_SUBSTITUTES = {"&": "and", "@": "at"}  # gosimple/slug, English


def normalize(text: str) -> str:
    """`text` in lower case, every character outside `[-a-z0-9.]` a dash, at most 253 long, trimmed of `-` and `.`."""
    return _NOT_IN_NAME.sub("-", text.lower())[:_NAME_LIMIT].strip("-.")


def slugify(text: str, max_length: int = 50, smart: bool = True) -> str:
    """A slug of `normalize(text)`: at most `max_length` long, cut between words when `smart` (gosimple/slug)."""
    slug = make(normalize(text))
    if len(slug) <= max_length:
        return slug
    if not smart:
        return slug[:max_length]
    return _truncate_between_words(slug, max_length)


def of_branch(name: str) -> str:
    """The `branch_slug` of pull requests: at most 50 long, cut between words, underscores become dashes."""
    return _truncate_between_words(make(name.replace("_", "-")), _BRANCH_LIMIT)


def make(text: str) -> str:
    """gosimple/slug's Make without truncation: ASCII, lower case, words joined by single dashes."""
    for character, word in _SUBSTITUTES.items():
        text = text.replace(character, word)
    text = unicodedata.normalize("NFKD", text.strip()).encode("ascii", "ignore").decode().lower()
    return _DASHES.sub("-", _NOT_IN_SLUG.sub("-", text)).strip("-_")


def _truncate_between_words(slug: str, max_length: int) -> str:
    if max_length < 1:
        return slug
    words = slug.split("-")
    kept = ""
    for word in words:
        joined = f"{kept}-{word}" if kept else word
        if len(joined) > max_length:
            break
        kept = joined
    return kept or words[0][:max_length]
