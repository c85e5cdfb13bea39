"""What admission policies say to a request, once the object is complete and its kind's rules hold."""

from __future__ import annotations

from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.authn import Identity
from dokaseca.dock.state import ClusterState
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def review(
    cluster: ClusterState, call: Call, manifest: Manifest | None, old: Manifest | None, *, is_dry_run: bool = False
) -> tuple[str, ...]:
    """Let a request pass, or refuse it.

    Args:
        manifest: the object as it would be, None on a deletion.
        old: the object as it is, None on a creation.
        is_dry_run: whether nothing will be stored, where the call itself does not say so.

    Returns:
        Warnings.

    Raises:
        StatusError: a policy denies it.
    """
    if cluster.policies.is_empty:
        return ()
    named = manifest if manifest is not None else old
    request = Request(
        of=call.of,
        requested=call.of,
        subresource=call.subresource,
        operation="DELETE" if manifest is None else "CREATE" if old is None else "UPDATE",
        name=manifests.name(named or {}) or call.name,
        namespace=manifests.namespace(named or {}) or call.namespace,
        manifest=manifest,
        old=old,
        user=Identity.of(call.request).document,
        is_dry_run=is_dry_run or call.is_dry_run,
    )
    return cluster.policies.review(request)
