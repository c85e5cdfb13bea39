"""Paths inside a jail: joined lexically, refused when they would leave it."""

from __future__ import annotations

import posixpath


class EscapesJail(ValueError):
    """The path leaves the folder it must stay in."""


def join(*parts: str) -> str:
    """The repository-relative POSIX path of `parts`, normalised, without leading or trailing slash ("" is the root).

    A part that begins with `/` starts again at the root of the jail, as `/` means the repository's root in Argo CD.

    Raises:
        EscapesJail: a `..` climbs above the root, or a part holds NUL.
    """
    stack: list[str] = []
    for part in parts:
        if "\0" in part:
            raise EscapesJail(f"path holds a NUL byte: {part!r}")
        if part.startswith("/"):
            stack.clear()
        for segment in part.split("/"):
            if segment in ("", "."):
                continue
            if segment == "..":
                if not stack:
                    raise EscapesJail(f"path {posixpath.join(*parts)!r} leaves its repository")
                stack.pop()
            else:
                stack.append(segment)
    return "/".join(stack)
