"""What admission policies make of a request and say to it, once the object is complete."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dokaseca.dock.admission.mutating_apply import Kinds
from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.authn import Identity
from dokaseca.dock.resources import ResourceType
from dokaseca.dock.state import ClusterState
from dokaseca.dock.verbs import admit
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

_SCALED: Final = "scale"
SCALE: Final = ResourceType(
    group="autoscaling",
    version="v1",
    kind="Scale",
    plural="scales",
    singular="scale",
    namespaced=True,
    verbs=(),
    table="scales.autoscaling",
    storage=GroupVersionKind("autoscaling", "v1", "Scale"),
)


def may_mutate(cluster: ClusterState, call: Call, operation: str) -> bool:
    """Whether a mutating policy is about such requests; `scaled` is for those of a scale."""
    return call.subresource != _SCALED and cluster.policies.may_mutate(call.of, call.subresource, operation)


def is_concerned(cluster: ClusterState, call: Call, operation: str) -> bool:
    """Whether any policy is about such requests: then even one that changes nothing is to be asked about."""
    policies, of = cluster.policies, call.of
    return policies.may_mutate(of, call.subresource, operation) or policies.may_deny(of, call.subresource, operation)


def mutate(cluster: ClusterState, call: Call, manifest: Manifest, old: Manifest | None) -> Manifest:
    """The object as the mutating policies leave it; `manifest` itself is left as it is.

    Raises:
        StatusError: 403, a policy fails; 500, it makes what is no object of the kind.
    """
    request = _request(cluster, call, manifest, old, is_dry_run=call.is_dry_run)
    return cluster.policies.mutate(request, _kinds(cluster, call))


def _kinds(cluster: ClusterState, call: Call) -> Kinds:
    return Kinds(
        lists=cluster.lists,
        conform=lambda of, one: admit.conform(cluster, replace(call, of=of), one),
        complete=lambda of, one: admit.complete(cluster, replace(call, of=of), one),
    )


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
    if call.subresource == _SCALED:
        return ()  # `scaled` has asked already
    if not cluster.policies.may_deny(call.of, call.subresource, _operation(manifest, old)):
        return ()
    return cluster.policies.review(_request(cluster, call, manifest, old, is_dry_run=is_dry_run or call.is_dry_run))


def scaled(cluster: ClusterState, call: Call, wanted: Manifest, current: Manifest) -> tuple[Manifest, tuple[str, ...]]:
    """A Scale as the mutating policies leave it, and the warnings of the validating ones.

    Policies see the scale subresource of any kind as a Scale.

    Raises:
        StatusError: a policy denies it, or fails.
    """
    if not is_concerned(cluster, call, "UPDATE"):
        return wanted, ()
    names = {"apiVersion": SCALE.api_version, "kind": SCALE.kind, "metadata": wanted.get("metadata") or {}}
    wanted = {**wanted, **names}
    request = _request(cluster, call, wanted, current, is_dry_run=call.is_dry_run, view=SCALE)
    made = cluster.policies.mutate(request, _kinds(cluster, call))
    return made, cluster.policies.review(request.with_object(made))


def _operation(manifest: Manifest | None, old: Manifest | None) -> str:
    return "DELETE" if manifest is None else "CREATE" if old is None else "UPDATE"


def _request(
    cluster: ClusterState,
    call: Call,
    manifest: Manifest | None,
    old: Manifest | None,
    *,
    is_dry_run: bool,
    view: ResourceType | None = None,
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
        view=view,
    )
