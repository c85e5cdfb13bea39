"""The variable `authorizer`: apiserver/pkg/cel/library/authz.go. Whom it asks is set for the time of an evaluation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from dokaseca.dock.cel.functions import tagged

_AUTHORIZER: Final = "kubernetes.authorization.Authorizer"
_GROUP: Final = "kubernetes.authorization.GroupCheck"
_RESOURCE: Final = "kubernetes.authorization.ResourceCheck"
_PATH: Final = "kubernetes.authorization.PathCheck"
_DECISION: Final = "kubernetes.authorization.Decision"
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

Decide = Callable[[dict[str, str]], tuple[bool, str]]
"""Whether what is asked is allowed, and why. Asked are `verb`, and `path`, or `group`, `resource`, `subresource`,
`namespace` and `name`; `account` is the `namespace/name` of a ServiceAccount to ask for instead of the request's user.
"""

_decide: ContextVar[Decide] = ContextVar("decide")


@contextmanager
def deciding(decide: Decide) -> Iterator[None]:
    """Let checks be decided by `decide` within the context."""
    token = _decide.set(decide)
    try:
        yield
    finally:
        _decide.reset(token)


def authorizer() -> dict[str, Any]:
    """The value of `authorizer`."""
    return tagged.make(_AUTHORIZER, "")


def of_resource(group: str, resource: str, subresource: str, namespace: str, name: str) -> dict[str, Any]:
    """The value of `authorizer.requestResource`."""
    return tagged.make(
        _RESOURCE, "", group=group, resource=resource, subresource=subresource, namespace=namespace, name=name
    )


def _step(value: dict[str, Any], wanted: str, becomes: str, field: str, text: str) -> dict[str, Any]:
    tagged.text(value, wanted)
    return {**value, tagged.TYPE: becomes, field: text}


def path(value: dict[str, Any], text: str) -> dict[str, Any]:
    if not text.strip():
        raise ValueError("path must not be empty")
    return _step(value, _AUTHORIZER, _PATH, "path", text)


def group(value: dict[str, Any], text: str) -> dict[str, Any]:
    return _step(value, _AUTHORIZER, _GROUP, "group", text)


def service_account(value: dict[str, Any], namespace: str, name: str) -> dict[str, Any]:
    if not _SUBDOMAIN.fullmatch(name):
        raise ValueError("Invalid service account name")
    if not _LABEL.fullmatch(namespace):
        raise ValueError("Invalid service account namespace")
    return _step(value, _AUTHORIZER, _AUTHORIZER, "account", f"{namespace}/{name}")


def resource(value: dict[str, Any], text: str) -> dict[str, Any]:
    if not text.strip():
        raise ValueError("resource must not be empty")
    return _step(value, _GROUP, _RESOURCE, "resource", text)


def subresource(value: dict[str, Any], text: str) -> dict[str, Any]:
    return _step(value, _RESOURCE, _RESOURCE, "subresource", text)


def namespace(value: dict[str, Any], text: str) -> dict[str, Any]:
    return _step(value, _RESOURCE, _RESOURCE, "namespace", text)


def name(value: dict[str, Any], text: str) -> dict[str, Any]:
    return _step(value, _RESOURCE, _RESOURCE, "name", text)


def selector(value: dict[str, Any], text: str) -> dict[str, Any]:
    """`fieldSelector` and `labelSelector`: roles know nothing of selectors, so they make no difference."""
    del text
    tagged.text(value, _RESOURCE)
    return value


def check(value: dict[str, Any], verb: str) -> dict[str, Any]:
    tagged.text(value, _PATH, _RESOURCE)
    asked = {key: text for key, text in value.items() if key not in (tagged.TYPE, "value")}
    allowed, reason = _decide.get()({**asked, "verb": verb})
    return tagged.make(_DECISION, "", allowed=allowed, reason=reason)


def is_allowed(value: dict[str, Any]) -> bool:
    tagged.text(value, _DECISION)
    return bool(value["allowed"])


def reason(value: dict[str, Any]) -> str:
    tagged.text(value, _DECISION)
    return str(value["reason"])


def has_failed(value: dict[str, Any]) -> bool:
    """`errored`: asking the roles of this cluster never fails."""
    tagged.text(value, _DECISION)
    return False


def failure(value: dict[str, Any]) -> str:
    tagged.text(value, _DECISION)
    return ""
