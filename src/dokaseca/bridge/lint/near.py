"""Which of the names that exist was meant: by the words in it first, then by its letters."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Final

_WORDS = re.compile(r"[^a-z0-9]+")
_SAME: Final = {"k8s": "kubernetes", "kube": "kubernetes", "addon": "enable", "addons": "enable"}
_GENERIC: Final = frozenset(
    {"enable", "operator", "controller", "addon", "the", "name"}
)  # words that tell nothing alone
_LETTERS: Final = 0.84  # of difflib's ratio: one letter in six may differ
_SHARE: Final = 0.5  # of the words of both that they have in common


def nearest_or_none(name: str, candidates: Collection[str]) -> str | None:
    """The candidate that is most like `name`, None when none is like it.

    Like it is what has the same letters (`argo_cd` and `argocd`), what says more or less of the same
    (`kyverno_policy_reporter` and `policy_reporter`, `cluster_type` and `type`), and what differs by a slip.
    """
    scored = [(score, candidate) for candidate in sorted(candidates) if (score := likeness(name, candidate)) > 0]
    return max(scored, key=lambda one: (one[0], -len(one[1])))[1] if scored else None


def likeness(left: str, right: str) -> float:
    """From 0 (another name) to 1 (the same but for spelling)."""
    words_left, words_right = _words(left), _words(right)
    joined_left, joined_right = "".join(words_left), "".join(words_right)
    if joined_left == joined_right:
        return 1.0
    telling_left, telling_right = _telling(words_left), _telling(words_right)
    matcher = difflib.SequenceMatcher(None, "".join(telling_left), "".join(telling_right))
    shared = set(telling_left) & set(telling_right)
    if shared and shared in (set(telling_left), set(telling_right)):
        share = len(shared) / len({*telling_left, *telling_right})
        if share >= _SHARE:
            return 0.89 * share + 0.1 * matcher.ratio()  # never as much as the same words
    if matcher.real_quick_ratio() < _LETTERS or matcher.quick_ratio() < _LETTERS:
        return 0.0  # the two are upper bounds of the third, which costs much more
    letters = matcher.ratio()
    return letters * 0.9 if letters >= _LETTERS else 0.0


def _telling(words: list[str]) -> list[str]:
    """Without those that say nothing; all of them where nothing else is there."""
    return [word for word in words if word not in _GENERIC] or words


def _words(name: str) -> list[str]:
    return [_SAME.get(word, word) for word in _WORDS.split(name.lower()) if word]
