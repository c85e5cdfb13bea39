"""Paths that stay in their jail."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.kit import paths


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (("a", "b"), "a/b"),
        (("a", "../b"), "b"),
        (("a/b", "./c/", "d//e"), "a/b/c/d/e"),
        (("a", "/b"), "b"),
        (("a/b/../..",), ""),
        ((".",), ""),
        (("",), ""),
        ((), ""),
        (("/",), ""),
        (("a", "...", "b..c"), "a/.../b..c"),
        (("a\\..\\..\\b",), "a\\..\\..\\b"),
    ],
)
def test_parts_are_joined(parts: tuple[str, ...], path: str) -> None:
    assert paths.join(*parts) == path


@pytest.mark.parametrize("parts", [("..",), ("a", "../../b"), ("/..",), ("a", "/../b"), ("a/../../a",), (".", "..")])
def test_what_climbs_out_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(paths.EscapesJail, match="leaves its repository"):
        paths.join(*parts)


def test_a_nul_byte_is_refused() -> None:
    with pytest.raises(paths.EscapesJail, match="holds a NUL byte"):
        paths.join("a", "b\0c")


@given(st.lists(st.lists(st.sampled_from(["a", "b", "..", ".", ""]), max_size=5).map("/".join), max_size=4))
def test_what_is_given_never_leaves(parts: list[str]) -> None:
    try:
        found = paths.join(*parts)
    except paths.EscapesJail:
        return
    assert not found.startswith("/") and ".." not in found.split("/")
    assert found == posixpath.normpath("/" + found).lstrip("/")
