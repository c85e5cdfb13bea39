"""ControllerRevisions: the templates that a StatefulSet or DaemonSet had, for `kubectl rollout history` and `undo`."""

from __future__ import annotations

from dokaseca.dock.simulator import kinds, plan, templates
from dokaseca.dock.simulator.plan import Create, Delete, Patch, Plan
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_HASH_LABELS = {
    kinds.STATEFUL_SET.kind: "controller.kubernetes.io/hash",
    kinds.DAEMON_SET.kind: templates.REVISION_LABEL,
}


def reconcile(owner: Manifest, context: Context) -> Plan:
    """Record the template; one that comes back (a rollback) gets the highest number; forget the oldest."""
    if manifests.is_deleting(owner):
        return plan.NOTHING
    mark = templates.safe_hash(templates.template_of(owner))
    name = f"{manifests.name(owner)}-{mark}"
    known = sorted(context.seen.owned(owner, kinds.CONTROLLER_REVISION), key=_number)
    current = next((one for one in known if manifests.name(one) == name), None)
    others = [one for one in known if one is not current]
    number = max(map(_number, others), default=0) + 1
    if current is None:
        return Plan((Create(_revision(owner, name, mark, number), owner),))
    if _number(current) < number - 1:
        return Plan((Patch(current, {"revision": number}),))
    return Plan(tuple(Delete(one) for one in _forgotten(owner, others, context)))


def _number(revision: Manifest) -> int:
    return int(revision.get("revision") or 0)


def _forgotten(owner: Manifest, others: list[Manifest], context: Context) -> list[Manifest]:
    """The oldest beyond `revisionHistoryLimit` that no Pod was made of."""
    limit = int(manifests.get(owner, "spec", "revisionHistoryLimit", default=10))
    used = {manifests.labels(pod).get(templates.REVISION_LABEL) for pod in context.seen.owned(owner, kinds.POD)}
    prefix = f"{manifests.name(owner)}-"
    names = {name for mark in used if mark for name in (mark, prefix + mark)}
    unused = [one for one in others if manifests.name(one) not in names]
    return unused[: max(0, len(unused) - limit)]


def _revision(owner: Manifest, name: str, mark: str, number: int) -> Manifest:
    template = templates.template_of(owner)
    metadata = {
        "name": name,
        "namespace": manifests.namespace(owner),
        "labels": {**manifests.labels(template), _HASH_LABELS[owner["kind"]]: mark},
        "annotations": dict(manifests.annotations(owner)),
        "ownerReferences": [templates.owner_reference(owner)],
    }
    data = {"spec": {"template": {**template, "$patch": "replace"}}}
    kind = kinds.CONTROLLER_REVISION
    head = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
    return {**head, "data": data, "revision": number}
