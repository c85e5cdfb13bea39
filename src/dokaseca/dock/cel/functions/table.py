"""Which names expressions call our functions by, and with which operands."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from dokaseca.dock.cel.functions import authorization, formats, lists, network, quantities, tagged, versions

TEXT, LIST, MAP, ANY, FLAG, NUMBER, TIME = "string", "list", "map", "dyn", "bool", "int", "timestamp"


@dataclass(frozen=True, slots=True)
class Function:
    """One overload: `operands` are types, the first being the receiver where `is_member`."""

    name: str
    operands: tuple[str, ...]
    result: str
    call: Callable[..., Any]
    is_member: bool = True


def _order(value: Any) -> Any:
    return versions.order(value) if tagged.kind(value) == versions.KIND else quantities.number(value)


def _pair(one: Any, other: Any) -> tuple[Any, Any]:
    if tagged.kind(one) != tagged.kind(other):
        raise ValueError("no such overload")
    return _order(one), _order(other)


def _is_greater(one: Any, other: Any) -> bool:
    first, second = _pair(one, other)
    return bool(first > second)


def _is_less(one: Any, other: Any) -> bool:
    first, second = _pair(one, other)
    return bool(first < second)


def _compare(one: Any, other: Any) -> int:
    first, second = _pair(one, other)
    return int(first > second) - int(first < second)


def _escaped_key(text: str) -> str:
    """A key as a step of a JSON pointer."""
    return text.replace("~", "~0").replace("/", "~1")


def _text(value: Any) -> str:
    return tagged.text(value, network.IP, network.CIDR, network.URL, quantities.KIND, versions.KIND)


def _time(text: str) -> datetime:
    if not formats.is_datetime(text):
        raise ValueError("no such overload")
    return datetime.fromisoformat(text.upper())


def _of_times(compare: Callable[[datetime, datetime], bool]) -> Callable[[Any, Any], bool]:
    def judge(one: Any, other: Any) -> bool:
        first, second = (_time(value) if isinstance(value, str) else value for value in (one, other))
        return compare(first, second)

    return judge


def _first(values: list[Any]) -> Any:
    if not values:
        raise ValueError("optional.none() dereference")
    return values


def _member(result: str, calls: dict[str, Callable[..., Any]], *operands: str) -> list[Function]:
    return [Function(name, operands, result, call) for name, call in calls.items()]


def _plain(result: str, calls: dict[str, Callable[..., Any]], *operands: str) -> list[Function]:
    return [Function(name, operands, result, call, is_member=False) for name, call in calls.items()]


FUNCTIONS: tuple[Function, ...] = (
    *_plain(MAP, {"quantity": quantities.make, "ip": network.ip, "cidr": network.cidr, "url": network.url,
                  "semver": versions.make}, TEXT),
    *_plain(MAP, {"semver": versions.make}, TEXT, FLAG),
    *_plain(FLAG, {"isQuantity": quantities.is_valid, "isIP": network.is_ip, "ip.isCanonical": network.is_canonical,
                   "isCIDR": network.is_cidr, "isURL": network.is_url, "isSemver": versions.is_valid}, TEXT),
    *_plain(FLAG, {"isSemver": versions.is_valid}, TEXT, FLAG),
    *_plain(TEXT, {"string": _text}, MAP),
    *_member(MAP, {"add": quantities.add, "sub": quantities.sub}, MAP, MAP),
    *_member(MAP, {"add": quantities.add, "sub": quantities.sub}, MAP, NUMBER),
    *_member(FLAG, {"isGreaterThan": _is_greater, "isLessThan": _is_less}, MAP, MAP),
    *_member(NUMBER, {"compareTo": _compare}, MAP, MAP),
    *_member(NUMBER, {"sign": quantities.sign, "asInteger": quantities.as_integer, "family": network.family,
                      "prefixLength": network.prefix_length, "major": versions.major, "minor": versions.minor,
                      "patch": versions.patch}, MAP),
    *_member("double", {"asApproximateFloat": quantities.as_float}, MAP),
    *_member(FLAG, {"isInteger": quantities.is_integer, "isUnspecified": network.is_unspecified,
                    "isLoopback": network.is_loopback, "isLinkLocalMulticast": network.is_link_local_multicast,
                    "isLinkLocalUnicast": network.is_link_local_unicast,
                    "isGlobalUnicast": network.is_global_unicast}, MAP),
    *(Function(name, (MAP, kind), FLAG, call) for kind in (MAP, TEXT)
      for name, call in (("containsIP", network.contains_ip), ("containsCIDR", network.contains_cidr))),
    *_member(MAP, {"ip": network.address_of, "masked": network.masked}, MAP),
    *_member(TEXT, {"getScheme": network.scheme, "getHost": network.host, "getHostname": network.hostname,
                    "getPort": network.port, "getEscapedPath": network.escaped_path}, MAP),
    *_member(MAP, {"getQuery": network.query}, MAP),
    *_plain(LIST, {"format.named": formats.named}, TEXT),
    *(Function(f"format.{name}", (), MAP, partial(tagged.make, formats.KIND, name), is_member=False)
      for name in formats.NAMES),
    *_member(LIST, {"validate": formats.validate}, MAP, TEXT),
    *_member(LIST, {"validate": formats.validate}, LIST, TEXT),
    *_member(FLAG, {"hasValue": bool}, LIST),
    *_member(LIST, {"value": _first}, LIST),
    *_member(TEXT, {"find": lists.find}, TEXT, TEXT),
    *_member(LIST, {"findAll": lists.find_all}, TEXT, TEXT),
    *_member(LIST, {"findAll": lists.find_all}, TEXT, TEXT, NUMBER),
    *_member(FLAG, {"isSorted": lists.is_sorted}, LIST),
    *_member(ANY, {"sum": lists.total, "min": lists.smallest, "max": lists.largest}, LIST),
    *_member(NUMBER, {"indexOf": lists.index_of, "lastIndexOf": lists.last_index_of}, LIST, ANY),
    *_plain(TEXT, {"jsonpatch.escapeKey": _escaped_key}, TEXT),
    *_member(MAP, {"path": authorization.path, "group": authorization.group, "resource": authorization.resource,
                   "subresource": authorization.subresource, "namespace": authorization.namespace,
                   "name": authorization.name, "fieldSelector": authorization.selector,
                   "labelSelector": authorization.selector, "check": authorization.check}, MAP, TEXT),
    *_member(MAP, {"serviceAccount": authorization.service_account}, MAP, TEXT, TEXT),
    *_member(FLAG, {"allowed": authorization.is_allowed, "errored": authorization.has_failed}, MAP),
    *_member(TEXT, {"reason": authorization.reason, "error": authorization.failure}, MAP),
    # A field of format date-time is a timestamp in Kubernetes' CEL and a text in ours: it compares with timestamps.
    *(Function(name, operands, FLAG, _of_times(compare), is_member=False)
      for name, compare in (("_<_", operator.lt), ("_<=_", operator.le), ("_>_", operator.gt), ("_>=_", operator.ge))
      for operands in ((TEXT, TIME), (TIME, TEXT))),
)  # fmt: skip
