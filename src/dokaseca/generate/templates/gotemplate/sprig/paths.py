"""Sprig: paths (path and, on Unix alike, filepath) and URLs."""

from __future__ import annotations

import re
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import percent, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert

_URL: Final = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?\Z", re.DOTALL
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


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


def _url_parse(text: str) -> dict[str, Any]:
    if _CONTROL.search(text):
        raise CallError("unable to parse url: invalid control character in URL")
    match = _URL.match(text)
    if match is None:
        raise CallError("unable to parse url")
    scheme, authority, path, query, fragment = (part or "" for part in match.groups())
    userinfo, _, host = authority.rpartition("@")
    opaque = path if scheme and match.group(2) is None and not path.startswith("/") else ""
    name = re.sub(r":\d*\Z", "", host).strip("[]")
    return {
        "scheme": scheme.lower(),
        "host": host,
        "hostname": name,
        "path": "" if opaque else percent.unquote(path),
        "query": query,
        "opaque": opaque,
        "fragment": percent.unquote(fragment),
        "userinfo": userinfo,
    }


def _url_join(parts: dict[str, Any]) -> str:
    def part(name: str) -> str:
        value = parts.get(name, "")
        if not isinstance(value, str):
            raise CallError(f"unable to parse {name} key, must be of type string, but {values.type_name(value)} found")
        return value

    scheme, host, userinfo = part("scheme"), part("host"), part("userinfo")
    path = percent.quote(part("path"), safe="/$&+,:;=@!*'()")
    if part("opaque"):
        joined = f"{scheme}:{part('opaque')}" if scheme else part("opaque")
    else:
        joined = f"{scheme}:" if scheme else ""
        if scheme or host or userinfo:
            joined += ("//" if host or userinfo or path else "") + (f"{userinfo}@" if userinfo else "") + host
            path = f"/{path}" if path and not path.startswith("/") and host else path
        joined += path
    joined += f"?{part('query')}" if part("query") else ""
    return joined + (f"#{percent.quote(part('fragment'), safe='/$&+,:;=@!?()*')}" if part("fragment") else "")


def _is_absolute(path: str) -> bool:
    return path.startswith("/")


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
    "urlParse": fn("s", _url_parse),
    "urlJoin": fn("d", _url_join),
    "fail": fn("s", lambda message: _fail(message)),
}


def _fail(message: str) -> Any:
    raise CallError(convert.text(message))
