"""The gate that every request passes: as whom it is made, and whether that user may make it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from dokaseca.dock import authn, status_error
from dokaseca.dock.authn import MASTERS, Identity
from dokaseca.dock.authz import attributes
from dokaseca.dock.authz.attributes import Attributes, quoted
from dokaseca.dock.authz.roles import Roles
from dokaseca.ports.wire import WireRequest

_PREFIX: Final = "impersonate-"
_EXTRA: Final = "impersonate-extra-"
_AUTHENTICATION: Final = "authentication.k8s.io"
REPEATED: Final = "\n"  # between the values of a header that came several times; no value can hold it


def check(roles: Roles, request: WireRequest) -> None:
    """Refuse what the request's user may not do.

    Raises:
        StatusError: 403.
    """
    require(roles, Identity.of(request), attributes.of_request(request))


def require(roles: Roles, identity: Identity, asked: Attributes) -> None:
    """Refuse what `identity` may not do.

    Raises:
        StatusError: 403.
    """
    decision = roles.authorize(identity, asked)
    if not decision.allowed:
        raise forbidden(identity, asked, decision.reason)


def forbidden(identity: Identity, asked: Attributes, reason: str) -> status_error.StatusError:
    """403 in the server's words."""
    why = f"User {quoted(identity.user)} cannot {asked.sentence}" + (f": {reason}" if reason else "")
    if asked.path:
        return status_error.StatusError(403, "Forbidden", f"forbidden: {why}", {})
    return status_error.forbidden(asked.group, asked.resource, asked.name, why)


def impersonated(roles: Roles, request: WireRequest) -> WireRequest:
    """The request as made by whom its `Impersonate-` headers name; itself where it has none.

    Raises:
        StatusError: 403, its user may not act as that one; 500 (as Kubernetes answers), no user is named.
    """
    given = {name: value for name, value in request.headers.items() if name.startswith(_PREFIX)}
    if not given:
        return request
    wanted = _wanted(given)
    if not wanted.user:
        raise status_error.internal(f"requested {', '.join(sorted(given))} without impersonating a user")
    if MASTERS not in request.groups:
        for asked in _needed(wanted):
            require(roles, Identity.of(request), asked)
    groups = wanted.groups
    account = authn.account_of_user(wanted.user)
    if account and not groups:
        groups = authn.account_groups(account[0])
    if wanted.user == authn.ANONYMOUS:
        groups = (*groups, *(one for one in (authn.UNAUTHENTICATED,) if one not in groups))
    elif not {authn.AUTHENTICATED, authn.UNAUTHENTICATED} & set(groups):
        groups = (*groups, authn.AUTHENTICATED)
    return replace(request, user=wanted.user, groups=groups, uid=wanted.uid, extra=wanted.extra)


def _wanted(given: dict[str, str]) -> Identity:
    extra = {
        unquote(name.removeprefix(_EXTRA)): tuple(value.split(REPEATED))
        for name, value in given.items()
        if name.startswith(_EXTRA)
    }
    groups = given.get("impersonate-group", "")
    return Identity(
        given.get("impersonate-user", ""),
        tuple(group for group in groups.split(REPEATED) if group),
        given.get("impersonate-uid", ""),
        extra,
    )


def _needed(wanted: Identity) -> Iterator[Attributes]:
    """What one must be allowed to do in order to act as `wanted`."""
    account = authn.account_of_user(wanted.user)
    if account:
        yield Attributes("impersonate", resource="serviceaccounts", namespace=account[0], name=account[1])
    else:
        yield Attributes("impersonate", resource="users", name=wanted.user)
    for group in wanted.groups:
        yield Attributes("impersonate", resource="groups", name=group)
    for key, values in wanted.extra.items():
        for value in values:
            yield Attributes("impersonate", _AUTHENTICATION, "userextras", key, name=value)
    if wanted.uid:
        yield Attributes("impersonate", _AUTHENTICATION, "uids", name=wanted.uid)
