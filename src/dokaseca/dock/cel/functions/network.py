"""`ip()`, `cidr()` and `url()`: apiserver/pkg/cel/library/{ip,cidr,urls}.go."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from dokaseca.dock.cel.functions import tagged

IP, CIDR, URL = "ip", "cidr", "url"
_URL_BYTES = 16_384  # longer texts are no addresses
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _address(text: str) -> Address:
    found = ipaddress.ip_address(text)
    if isinstance(found, ipaddress.IPv6Address) and (found.ipv4_mapped is not None or found.scope_id):
        raise ValueError(f"{text!r}: IPv4-mapped addresses and zones are not allowed")
    return found


def ip(text: str) -> dict[str, Any]:
    """The address that `text` says.

    Raises:
        ValueError: it says none.
    """
    return tagged.make(IP, str(_address(text)))


def is_ip(text: str) -> bool:
    """Whether `text` is an address."""
    try:
        _address(text)
    except ValueError:
        return False
    return True


def is_canonical(text: str) -> bool:
    """Whether `text` is written as the address prints itself."""
    return str(_address(text)) == text


def _of(value: Any) -> Address:
    return ipaddress.ip_address(tagged.text(value, IP))


def family(value: Any) -> int:
    """4 or 6."""
    return _of(value).version


def is_unspecified(value: Any) -> bool:
    """0.0.0.0 or ::."""
    return _of(value).is_unspecified


def is_loopback(value: Any) -> bool:
    """Of the host itself."""
    return _of(value).is_loopback


def is_link_local_multicast(value: Any) -> bool:
    """224.0.0.0/24 or ff?2::/16."""
    address = _of(value)
    if address.version == 4:
        return address in ipaddress.ip_network("224.0.0.0/24")
    return address.packed[0] == 0xFF and address.packed[1] & 0x0F == 2


def is_link_local_unicast(value: Any) -> bool:
    """169.254.0.0/16 or fe80::/10."""
    address = _of(value)
    return address.is_link_local and not address.is_multicast


def is_global_unicast(value: Any) -> bool:
    """Neither unspecified, loopback, multicast, link-local nor broadcast (Go counts private ones in)."""
    address = _of(value)
    is_special = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not is_special and str(address) != "255.255.255.255"


def _network(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    address, slash, prefix = text.partition("/")
    if not slash or not prefix.isdigit() or (len(prefix) > 1 and prefix[0] == "0"):
        raise ValueError(f"network address parse error during conversion from string: {text!r}")
    return ipaddress.ip_interface(f"{_address(address)}/{prefix}")


def cidr(text: str) -> dict[str, Any]:
    """The network that `text` says.

    Raises:
        ValueError: it says none.
    """
    return tagged.make(CIDR, str(_network(text)))


def is_cidr(text: str) -> bool:
    """Whether `text` is a network."""
    try:
        _network(text)
    except ValueError:
        return False
    return True


def _cidr_of(value: Any) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    return ipaddress.ip_interface(tagged.text(value, CIDR))


def contains_ip(value: Any, address: Any) -> bool:
    """Whether a network holds an address, given as such or as text."""
    inside = _address(address) if isinstance(address, str) else _of(address)
    return inside in _cidr_of(value).network


def contains_cidr(value: Any, other: Any) -> bool:
    """Whether a network holds all of another, given as such or as text."""
    outer: Network = _cidr_of(value).network
    inner: Network = (_network(other) if isinstance(other, str) else _cidr_of(other)).network
    return outer.version == inner.version and outer.prefixlen <= inner.prefixlen and inner.network_address in outer


def address_of(value: Any) -> dict[str, Any]:
    """The address part of a network."""
    return tagged.make(IP, str(_cidr_of(value).ip))


def masked(value: Any) -> dict[str, Any]:
    """The network without its host part."""
    return tagged.make(CIDR, str(_cidr_of(value).network))


def prefix_length(value: Any) -> int:
    """The bits of a network's mask."""
    return _cidr_of(value).network.prefixlen


def _split(text: str) -> SplitResult:
    """Like Go's url.ParseRequestURI: absolute, or a path from the root."""
    if len(text) > _URL_BYTES or re.search(r"[\x00-\x20\x7f]", text) or re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError(f"URL parse error during conversion from string: parse {text!r}: invalid URI for request")
    found = urlsplit(text)
    _ = found.port  # raises for one that is no number
    if not (text.startswith("/") or (found.scheme and (found.netloc or found.path))) or "[" in found.path:
        raise ValueError(f"URL parse error during conversion from string: parse {text!r}: invalid URI for request")
    return found


def url(text: str) -> dict[str, Any]:
    """The address that `text` says.

    Raises:
        ValueError: it says none.
    """
    _split(text)
    return tagged.make(URL, text)


def is_url(text: str) -> bool:
    """Whether `text` is an absolute address or an absolute path."""
    try:
        _split(text)
    except ValueError:
        return False
    return True


def _url_of(value: Any) -> SplitResult:
    return urlsplit(tagged.text(value, URL))


def scheme(value: Any) -> str:
    """Such as `https`."""
    return _url_of(value).scheme


def host(value: Any) -> str:
    """Name and port."""
    return _url_of(value).netloc.rpartition("@")[2]


def hostname(value: Any) -> str:
    """Name without port and brackets."""
    name = host(value)
    if name.startswith("["):
        return name[1 : name.find("]")]
    return name.partition(":")[0]


def port(value: Any) -> str:
    """The port as text, empty for none."""
    found = _url_of(value).port
    return "" if found is None else str(found)


def escaped_path(value: Any) -> str:
    """The path, escaped."""
    return quote(_url_of(value).path, safe="/%:@!$&'()*+,;=~-._")


def query(value: Any) -> dict[str, list[str]]:
    """Lists of values by name."""
    return parse_qs(_url_of(value).query, keep_blank_values=True, max_num_fields=1_000)
