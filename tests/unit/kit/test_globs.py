"""Globs of projects and directories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.kit import globs


@pytest.mark.parametrize(
    ("pattern", "text", "separator", "matches"),
    [
        ("*", "a/b", "", True),
        ("*", "a/b", "/", False),
        ("**", "a/b", "/", True),
        ("a/**/c", "a/b/b/c", "/", True),
        ("a*c", "abbc", "/", True),
        ("a*c", "ab/c", "/", False),
        ("https://*/org/*", "https://host/org/repo", "/", True),
        ("https://*/org/*", "https://host/other/repo", "/", False),
        ("?", "a", "", True),
        ("?", "/", "/", False),
        ("?", "", "", False),
        ("[a-c]x", "bx", "", True),
        ("[!a-c]x", "bx", "", False),
        ("[^a-c]x", "dx", "", True),
        ("[a.]", ".", "", True),
        ("[]", "[]", "", True),
        ("{a,b}c", "bc", "", True),
        ("{a,b}c", "cc", "", False),
        ("{,x}a", "a", "", True),
        ("{a,{b,c}}", "c", "", True),
        ("a,b", "a,b", "", True),
        ("a}b", "a}b", "", True),
        ("a.b", "axb", "", False),
        (r"\*", "*", "", True),
        (r"\*", "a", "", False),
        ("", "", "", True),
        ("", "a", "", False),
        ("a\nb", "a\nb", "", True),
        ("*", "a\nb", "", True),
        ("A", "a", "", False),
    ],
)
def test_a_glob_covers_all_of_a_text(pattern: str, text: str, separator: str, matches: bool) -> None:
    assert globs.matches(pattern, text, separator=separator) is matches


@pytest.mark.parametrize("pattern", ["{a", "[a", "a\\", "[z-a]", "{{a}", "x" * 3000])
def test_what_is_no_glob_covers_only_itself(pattern: str) -> None:
    assert globs.matches(pattern, pattern)
    assert not globs.matches(pattern, "a")


def test_stars_take_linear_time() -> None:
    assert not globs.matches("*a" * 30 + "b", "a" * 20_000)


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(["", "/", "."]))
def test_any_pattern_gives_an_answer(pattern: str, text: str, separator: str) -> None:
    assert globs.matches(pattern, text, separator=separator) in (True, False)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_an_escaped_text_covers_itself(text: str) -> None:
    escaped = "".join("\\" + char if char in "*?[]{}\\" else char for char in text)
    assert globs.matches(escaped, text)
