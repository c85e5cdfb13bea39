"""Sprig: paths (path and, on Unix alike, filepath), and `fail`."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn


def clean(path: str) -> str:
    """path.Clean."""
    stack: list[str] = []
    rooted = path.startswith("/")
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == ".." and (stack and stack[-1] != ".."):
            stack.pop()
        elif part != ".." or not rooted:
            stack.append(part)
    joined = "/".join(stack)
    return f"/{joined}" if rooted else joined or "."


def base(path: str) -> str:
    """path.Base."""
    if not path:
        return "."
    return path.rstrip("/").rsplit("/", 1)[-1] or "/"


def directory(path: str) -> str:
    """path.Dir."""
    return clean(path[: path.rfind("/") + 1])


def extension(path: str) -> str:
    """path.Ext."""
    last = path.rsplit("/", 1)[-1]
    return last[last.rfind(".") :] if "." in last else ""


def _is_absolute(path: str) -> bool:
    return path.startswith("/")


def _fail(message: str) -> Any:
    raise CallError(message)


FUNCTIONS: Final[dict[str, Function]] = {
    "base": fn("s", base),
    "dir": fn("s", directory),
    "clean": fn("s", clean),
    "ext": fn("s", extension),
    "isAbs": fn("s", _is_absolute),
    "osBase": fn("s", base),
    "osDir": fn("s", directory),
    "osClean": fn("s", clean),
    "osExt": fn("s", extension),
    "osIsAbs": fn("s", _is_absolute),
    "fail": fn("s", _fail),
}
