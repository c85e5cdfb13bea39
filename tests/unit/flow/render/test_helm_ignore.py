""".helmignore, by the rules of Helm's own package."""

from __future__ import annotations

import pytest

from dokaseca.flow.render import helm_ignore
from dokaseca.model.errors import UserError


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        ("", "a.txt", False),
        ("", "templates/.hidden.yaml", True),
        ("", ".helmignore", False),
        ("# a.txt\n\n", "a.txt", False),
        ("a.txt", "a.txt", True),
        ("  a.txt  ", "a.txt", True),
        ("a.txt", "b/a.txt", True),
        ("*.txt", "b/c/a.txt", True),
        ("*.txt", "a.txt.yaml", False),
        ("/a.txt", "a.txt", True),
        ("/a.txt", "b/a.txt", False),
        ("b/a.txt", "b/a.txt", True),
        ("b/a.txt", "c/b/a.txt", False),
        ("b/*.txt", "b/c/a.txt", False),
        ("b", "b/c/a.txt", True),
        ("b/", "b/a.txt", True),
        ("b/", "b", False),
        ("c/", "b/c/a.txt", True),
        ("?.txt", "a.txt", True),
        ("[ab].txt", "b.txt", True),
        ("{a,b}.txt", "a.txt", False),
        ("!keep.txt", "other.txt", True),
        ("!keep.txt", "keep.txt", False),
        ("!", "a.txt", False),
    ],
)
def test_rules(rules: str, path: str, ignored: bool) -> None:
    assert helm_ignore.reader(rules.encode(), subject="x")(path) is ignored


def test_a_double_star_is_refused() -> None:
    with pytest.raises(UserError, match="uses \\*\\*, which Helm does not support"):
        helm_ignore.reader(b"a/**", subject="x")
