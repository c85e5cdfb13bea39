"""Where we may connect to: what an ApplicationSet writes must not reach the network around us.

A URL's host is looked at when it is read, its address when a socket is made for it: what a name stood for a moment ago
does not count.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from typing import Any, Final
from urllib.parse import urlsplit

from dokaseca.kit import redact
from dokaseca.model.errors import DeniedError, UserError

URL_CHARS = 2048
ALLOW = "allow the host with DOKASECA_SCM_PRIVATE_HOSTS if it is a forge of yours"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_METADATA: Final = frozenset(  # of clouds, where they are not link-local: Alibaba, Azure, Oracle, AWS
    map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"))
)
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # all that is routed between networks
_CARRIES_IPV4: Final = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96"))
)  # NAT64, and the old compatible form


def checked_url(url: str, private_hosts: Collection[str], *, subject: str, field: str = "api") -> str:
    """`url` without a trailing slash.

    Args:
        field: where it is written, for messages.

    Raises:
        UserError: reason InvalidURL: it is no plain https URL; http is for hosts in `private_hosts` only.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # the port is parsed on access
    except ValueError as error:
        raise _invalid(url, subject, field, "it is no URL") from error
    if len(url) > URL_CHARS or any(ord(character) <= 32 for character in url):
        raise _invalid(url, subject, field, "it is too long, or holds blanks")
    if parts.scheme not in ("http", "https") or not host:
        raise _invalid(url, subject, field, "it must begin with https:// and a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise _invalid(url, subject, field, "it must hold neither a login nor a query")
    if parts.scheme == "http" and not is_private_host(host, private_hosts):
        raise _invalid(url, subject, field, f"http would show the token to the network; use https, or {ALLOW}")
    return url.rstrip("/")


def is_private_host(host: str, private_hosts: Collection[str]) -> bool:
    """Whether settings allow `host` to be inside the house."""
    return host.lower().strip("[]").rstrip(".") in private_hosts


def refusal_or_none(address: str, *, may_be_private: bool) -> str | None:
    """Why nobody is to connect to `address`; None when somebody may."""
    for one in _all_forms(ipaddress.ip_address(address.partition("%")[0])):
        if one in _METADATA or one.is_link_local or one.is_multicast or one.is_unspecified:
            return "is link-local, multicast or a cloud's metadata service"
        if not may_be_private and not _is_public(one):
            return "is not on the public internet"
    return None


def socket_factory(host: str, *, may_be_private: bool) -> Callable[[Any], socket.socket]:
    """Makes sockets for a connector, after a look at the address that each is going to be connected to.

    Its sockets raise DeniedError, reason AddressRefused.
    """

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        why = refusal_or_none(str(address[0]), may_be_private=may_be_private)
        if why is not None:
            raise DeniedError(
                f"{host} stands for an address that {why}, which is not connected to; {ALLOW}", reason="AddressRefused"
            )
        return socket.socket(family, kind, protocol)

    return make


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and not any(
        address in one for one in (_GLOBAL_UNICAST, *_CARRIES_IPV4)
    ):
        return False
    return address.is_global


def _all_forms(address: _Address) -> list[_Address]:
    """The address, or the IPv4 addresses that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    carried = [address.sixtofour, *(address.teredo or ())]
    if any(address in one for one in _CARRIES_IPV4) and int(address) > 1:  # not :: and ::1
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address, *(one for one in carried if one is not None)]


def _invalid(url: str, subject: str, field: str, why: str) -> UserError:
    shown = redact.text(url[:200])
    return UserError(f"{field}: {shown!r} cannot be used: {why}", reason="InvalidURL", subject=subject)
