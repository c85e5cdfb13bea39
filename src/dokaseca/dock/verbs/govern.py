"""What admission policies make of a request and say to it, once the object is complete."""

from __future__ import annotations

from dataclasses import replace

from dokaseca.dock.admission.mutating_apply import Kinds
from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.authn import Identity
from dokaseca.dock.state import ClusterState
from dokaseca.dock.verbs import admit
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def may_mutate(cluster: ClusterState, call: Call, operation: str) -> bool:
    """Whether a mutating policy is about such requests."""
    return cluster.policies.may_mutate(call.of, call.subresource, operation)


def is_concerned(cluster: ClusterState, call: Call, operation: str) -> bool:
    """Whether any policy is about such requests: then even one that changes nothing is to be asked about."""
    return may_mutate(cluster, call, operation) or cluster.policies.may_deny(call.of, call.subresource, operation)


def mutate(cluster: ClusterState, call: Call, manifest: Manifest, old: Manifest | None) -> Manifest:
    """The object as the mutating policies leave it; `manifest` itself is left as it is.

    Raises:
        StatusError: 403, a policy fails; 500, it makes what is no object of the kind.
    """
    kinds = Kinds(
        lists=cluster.lists,
        conform=lambda of, one: admit.conform(cluster, replace(call, of=of), one),
        complete=lambda of, one: admit.complete(cluster, replace(call, of=of), one),
    )
    return cluster.policies.mutate(_request(cluster, call, manifest, old, is_dry_run=call.is_dry_run), kinds)


def review(
    cluster: ClusterState, call: Call, manifest: Manifest | None, old: Manifest | None, *, is_dry_run: bool = False
) -> tuple[str, ...]:
    """Let a request pass, or refuse it, once its kind's rules hold.

    Args:
        manifest: the object as it would be, None on a deletion.
        old: the object as it is, None on a creation.
        is_dry_run: whether nothing will be stored, where the call itself does not say so.

    Returns:
        Warnings.

    Raises:
        StatusError: a policy denies it.
    """
    if not cluster.policies.may_deny(call.of, call.subresource, _operation(manifest, old)):
        return ()
    return cluster.policies.review(_request(cluster, call, manifest, old, is_dry_run=is_dry_run or call.is_dry_run))


def _operation(manifest: Manifest | None, old: Manifest | None) -> str:
    return "DELETE" if manifest is None else "CREATE" if old is None else "UPDATE"


def _request(
    cluster: ClusterState, call: Call, manifest: Manifest | None, old: Manifest | None, *, is_dry_run: bool
) -> Request:
    named = (manifest if manifest is not None else old) or {}
    return Request(
        of=call.of,
        requested=call.of,
        subresource=call.subresource,
        operation=_operation(manifest, old),
        name=manifests.name(named) or call.name,
        namespace=manifests.namespace(named) or call.namespace,
        manifest=manifest,
        old=old,
        identity=Identity.of(call.request),
        authorize=cluster.roles.authorize,
        is_dry_run=is_dry_run,
    )
