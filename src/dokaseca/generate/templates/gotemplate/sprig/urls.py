"""Sprig: `urlParse` and `urlJoin` by net/url."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import octets, percent, quoting, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)
_PORT: Final = re.compile(r"(?::[0-9]*)?\Z")
_USERINFO: Final = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*\Z")
_NOT_IN_HOST: Final = re.compile(r"""[^A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>"%\x80-\U0010ffff\udc80-\udcff]""")
_SAFE_PATH: Final = "$&+,/:;=@"
_SAFE_USER: Final = "$&+,;="
_SAFE_HOST: Final = "!$&'()*+,;=:[]<>\""
_SAFE_FRAGMENT: Final = "$&+,/:;=?@!()*"


@dataclass(slots=True)
class _Url:
    scheme: str = ""
    opaque: str = ""
    userinfo: str = ""
    has_user: bool = False
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""


def _parsed(text: str) -> _Url:
    """url.Parse.

    Raises:
        CallError: no URL, as Go says it.
    """
    whole, _, fragment = text.partition("#")
    shown = whole
    try:
        url = _split(whole)
        shown = text
        url.fragment = _unescaped(fragment)
    except ValueError as error:
        raise CallError(f"parse {quoting.quote(shown)}: {error}") from error
    return url


def _split(whole: str) -> _Url:
    """All but the fragment."""
    url = _Url()
    if _CONTROL.search(whole):
        raise ValueError("net/url: invalid control character in URL")
    match = _SCHEME.match(whole)
    if match:
        url.scheme, rest = match[1].lower(), whole[match.end() :]
    elif whole.startswith(":"):
        raise ValueError("missing protocol scheme")
    else:
        rest = whole
    rest, _, url.query = rest.partition("?")
    if not rest.startswith("/"):
        if url.scheme:
            url.opaque = rest
            return url
        if ":" in rest.partition("/")[0]:
            raise ValueError("first path segment in URL cannot contain colon")
    elif rest.startswith("//") and (url.scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        _set_authority(url, authority)
        rest = slash + path
    url.path = _unescaped(rest)
    return url


def _set_authority(url: _Url, authority: str) -> None:
    user, at, host = authority.rpartition("@")
    url.host = _host(host)
    if not at:
        return
    if not _USERINFO.match(user):
        raise ValueError("net/url: invalid userinfo")
    name, colon, password = user.partition(":")
    url.has_user = True
    url.userinfo = percent.quote(_unescaped(name), safe=_SAFE_USER)
    if colon:
        url.userinfo += ":" + percent.quote(_unescaped(password), safe=_SAFE_USER)


def _host(host: str) -> str:
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise ValueError("missing ']' in host")
        port = host[end + 1 :]
    else:
        colon = host.rfind(":")
        port = host[colon:] if colon >= 0 else ""
    if not _PORT.match(port):
        raise ValueError(f"invalid port {quoting.quote(port)} after host")
    bad = _NOT_IN_HOST.search(host)
    if bad:
        raise ValueError(f"invalid character {quoting.quote(bad.group())} in host name")
    escape = re.search(r"%(?![89A-Fa-f][0-9A-Fa-f]|25).{0,2}", host)  # of ASCII, only the percent sign may be escaped
    if escape:
        raise ValueError(f"invalid URL escape {quoting.quote(escape.group())}")
    return _unescaped(host)


def _unescaped(text: str) -> str:
    bad = _BAD_ESCAPE.search(text)
    if bad:
        raise ValueError(f"invalid URL escape {quoting.quote(bad.group())}")
    return percent.unquote(text)


def _hostname(host: str) -> str:
    if host.startswith("[") and "]" in host:
        return host[1 : host.index("]")]
    return host.rpartition(":")[0] if ":" in host else host


def _url_parse(text: str) -> dict[str, Any]:
    try:
        url = _parsed(text)
    except CallError as error:
        raise CallError(f"unable to parse url: {error.message}") from error
    return {
        "scheme": url.scheme,
        "host": url.host,
        "hostname": _hostname(url.host),
        "path": url.path,
        "query": url.query,
        "opaque": url.opaque,
        "fragment": url.fragment,
        "userinfo": url.userinfo,
    }


def _part(parts: dict[str, Any], name: str) -> str:
    value = parts.get(name, "")
    if value is None:
        raise CallError(convert.NIL_DEREFERENCE)
    if not isinstance(value, str):
        raise CallError(f"unable to parse {name} key, must be of type string, but {values.kind(value)} found")
    return value


def _url_join(parts: dict[str, Any]) -> str:
    scheme, host, path, query, opaque, fragment, userinfo = (
        _part(parts, name) for name in ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")
    )
    user = ""
    if userinfo:
        try:
            parsed = _parsed(f"proto://{userinfo}@host")
        except CallError as error:
            raise CallError(f"unable to parse userinfo in dict: {error.message}") from error
        user = f"{parsed.userinfo}@" if parsed.has_user else ""
    joined = f"{scheme}:" if scheme else ""
    joined += opaque or _hierarchy(joined, user, host, path)
    joined += f"?{query}" if query else ""
    return joined + (f"#{percent.quote(fragment, safe=_SAFE_FRAGMENT)}" if fragment else "")


def _hierarchy(before: str, user: str, host: str, path: str) -> str:
    """What stands between the scheme and the query: `//user@host/path`."""
    escaped = path if path == "*" else percent.quote(path, safe=_SAFE_PATH)
    authority = ""
    if (before and path) or host or user:
        authority = "//" + user + percent.quote(host, safe=_SAFE_HOST)
    if escaped and not escaped.startswith("/") and host:
        escaped = f"/{escaped}"
    if not before and not authority and ":" in escaped.partition("/")[0]:
        escaped = f"./{escaped}"
    return authority + escaped


FUNCTIONS: Final[dict[str, Function]] = {
    "urlParse": fn("s", lambda text: _url_parse(octets.joined(text))),
    "urlJoin": fn("d", _url_join),
}
