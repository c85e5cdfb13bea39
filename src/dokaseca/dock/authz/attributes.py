"""What a request asks for, as roles speak of it: a verb on a resource, or on a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dokaseca.dock import routes
from dokaseca.ports.wire import WireRequest

_VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get", "HEAD": "get"}
_TRUE: Final = frozenset({"true", "1", "t", "T", "TRUE", "True"})


@dataclass(frozen=True, slots=True)
class Attributes:
    """A verb on a resource, or (`path` is set) on a path that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """`pods/log`, or `pods`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def sentence(self) -> str:
        """What follows `User "jane" cannot` in a refusal."""
        if self.path:
            return f"{self.verb} path {quoted(self.path)}"
        where = f"in the namespace {quoted(self.namespace)}" if self.namespace else "at the cluster scope"
        return f"{self.verb} resource {quoted(self.full_resource)} in API group {quoted(self.group)} {where}"


def quoted(text: str) -> str:
    """`text` in double quotes, as Go's `%q` prints it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in escaped)
    return f'"{shown}"'


def of_request(request: WireRequest) -> Attributes:
    """What a request asks for (the rules of k8s.io/apiserver/pkg/endpoints/request)."""
    parts = request.path.strip("/").split("/")
    skipped = {"api": 2, "apis": 3}.get(parts[0], len(parts))
    rest = parts[skipped:]
    if not rest:
        return Attributes(request.method.lower(), path=request.path)
    query = dict(request.query)
    verb = _VERBS.get(request.method, request.method.lower())
    if rest[0] == "watch":
        verb, rest = "watch", rest[1:] or [""]
    place = routes.place(rest)
    resource, name, subresource = [*place.rest, "", "", ""][:3]
    if verb == "get" and query.get("watch", "") in _TRUE and not subresource:
        verb = "watch"
    elif not name:
        verb = {"get": "list", "delete": "deletecollection"}.get(verb, verb)
    if not name and verb in ("list", "watch", "deletecollection"):
        name = _selected_name(query.get("fieldSelector", ""))
    namespace = place.namespace or (name if resource == "namespaces" and place.rest[1:] else "")
    group = parts[1] if parts[0] == "apis" else ""
    return Attributes(verb, group, resource, subresource, namespace, name)


def _selected_name(selector: str) -> str:
    """The one name that a field selector lets through, or empty."""
    for clause in selector.split(","):
        path, separator, value = clause.partition("=")
        if separator and path.strip() == "metadata.name":
            return value.removeprefix("=").strip()
    return ""
