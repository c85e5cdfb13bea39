"""What follows from roles, ServiceAccounts and policies: rules gathered from others, Secrets with tokens, type checks.

A real cluster's controllers do this: clusterrole-aggregation, serviceaccount-token, validatingadmissionpolicy-status.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from dokaseca.dock import accounts, selectors
from dokaseca.dock.admission import config
from dokaseca.dock.authz import roles
from dokaseca.dock.authz.rules import Rule
from dokaseca.dock.lifecycle import policies
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Change, Stored
from dokaseca.dock.verbs import delete
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_ROLES: Final = "roles"
_SECRET: Final = "secret"  # noqa: S105 - a word; named `namespace/name`
_ACCOUNT: Final = "account"
KINDS: Final = frozenset({_ROLES, _SECRET, _ACCOUNT, policies.KIND})
_SECRETS: Final = "secrets"
_UID: Final = "kubernetes.io/service-account.uid"
_MARK: Final = config.SERVICE_ACCOUNT_TOKEN.encode()  # saves parsing every other Secret


def touched(table: str, change: Change) -> Iterator[tuple[str, str]]:
    """(kind, name) of what is to be done because of a change."""
    after = change.after
    if table == roles.CLUSTER_ROLES:
        yield _ROLES, ""
    elif table == _SECRETS and not change.gone and _MARK in after.data:
        yield _SECRET, f"{after.namespace}/{after.name}"
    elif table == accounts.TABLE and change.gone:
        yield _ACCOUNT, after.namespace
    elif table == policies.TABLE and not change.gone:
        yield policies.KIND, after.name


def unfinished(cluster: ClusterState) -> Iterator[tuple[str, str]]:
    """(kind, name) of what an earlier process may have left undone."""
    yield _ROLES, ""
    for stored in cluster.store.scan(_SECRETS):
        if _MARK in stored.data:
            yield _SECRET, f"{stored.namespace}/{stored.name}"
    for stored in cluster.store.scan(policies.TABLE):
        yield policies.KIND, stored.name


def settle(cluster: ClusterState, kind: str, name: str) -> None:
    """Do one of the things that `touched` names; idempotent.

    Raises:
        StatusError: 500, the storage refuses.
    """
    if kind == _ROLES:
        gather(cluster)
    elif kind == policies.KIND:
        policies.check(cluster, name)
    elif kind == _SECRET:
        namespace, _, secret = name.partition("/")
        found = cluster.store.get_or_none(_SECRETS, namespace, secret)
        if found is not None:
            _fill(cluster, found)
    else:
        for found in [one for one in cluster.store.scan(_SECRETS, name) if _MARK in one.data]:
            _fill(cluster, found)


def gather(cluster: ClusterState) -> None:
    """Give ClusterRoles with an aggregation rule the rules of those that they select, until nothing changes."""
    for _ in range(len(cluster.roles.aggregated) + 1):  # a role gathered by a role that is gathered ...
        changed = [name for name in list(cluster.roles.aggregated) if _gather(cluster, name)]
        if not changed:
            return


def _gather(cluster: ClusterState, name: str) -> bool:
    """Whether the role's rules changed."""
    stored = cluster.store.get_or_none(roles.CLUSTER_ROLES, "", name)
    if stored is None or stored.is_deleting:
        return False
    found: dict[Rule, None] = {}
    for chosen in cluster.roles.aggregated[name]:
        for other in cluster.store.scan(roles.CLUSTER_ROLES):
            if other.name != name and selectors.matches(chosen, other.labels):
                found |= dict.fromkeys(cluster.roles.of_role_or_none("ClusterRole", "", other.name) or ())
    if tuple(found) == cluster.roles.of_role_or_none("ClusterRole", "", name):
        return False
    manifest = cluster.read(stored)
    manifest["rules"] = [rule.document for rule in found]
    cluster.store.put(roles.CLUSTER_ROLES, manifest)
    return True


def _fill(cluster: ClusterState, stored: Stored) -> None:
    """Put a token into a Secret that asks for one; remove the Secret when its ServiceAccount is gone."""
    manifest = cluster.read(stored)
    if manifest.get("type") != config.SERVICE_ACCOUNT_TOKEN or stored.is_deleting:
        return
    annotations = manifests.annotations(manifest)
    account = cluster.store.get_or_none(accounts.TABLE, stored.namespace, annotations.get(config.ACCOUNT_NAME, ""))
    if account is None or annotations.get(_UID, account.uid) != account.uid:
        delete.release(cluster, _SECRETS, stored, delete.Options())
        return
    if _complete(cluster, manifest, account):
        cluster.store.put(_SECRETS, manifest)


def _complete(cluster: ClusterState, manifest: Manifest, account: Stored) -> bool:
    """Add what the Secret lacks, in place; whether it lacked anything."""
    data = manifest["data"] = dict(manifest.get("data") or {})
    wanted = {"ca.crt": cluster.ca_pem, "namespace": account.namespace}
    lacking = {key: value for key, value in wanted.items() if key not in data}
    if not data.get("token"):
        lacking["token"] = cluster.accounts.issue_for_secret(account, manifests.name(manifest))
    has_uid = manifests.annotations(manifest).get(_UID) == account.uid
    data |= {key: b64encode(value.encode()).decode() for key, value in lacking.items()}
    manifest["metadata"].setdefault("annotations", {})[_UID] = account.uid
    return bool(lacking) or not has_uid
