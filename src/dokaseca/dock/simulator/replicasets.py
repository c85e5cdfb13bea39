"""ReplicaSets: as many Pods as asked for."""

from __future__ import annotations

from dokaseca.dock.simulator import kinds, plan, pod_state, scheduling, templates
from dokaseca.dock.simulator.plan import Create, Delete, Plan, Write
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def reconcile(replica_set: Manifest, context: Context) -> Plan:
    """Create missing Pods, delete those too many, report."""
    pods = [pod for pod in context.seen.owned(replica_set, kinds.POD) if pod_state.is_active(pod)]
    desired = int(manifests.get(replica_set, "spec", "replicas", default=1))
    writes: list[Write] = []
    if not manifests.is_deleting(replica_set):
        missing = desired - len(pods)
        if missing > 0:
            writes = [
                Create(templates.pod(replica_set, scheduling.node_of_template(replica_set, context)), replica_set)
            ] * missing
        elif missing < 0:
            writes = [Delete(pod) for pod in by_expendability(pods)[:-missing]]
    report = _status(replica_set, pods, context)
    return Plan((*writes, *(() if writes else report.writes)), report.again_after_seconds)


def by_expendability(pods: list[Manifest]) -> list[Manifest]:
    """Which Pods go first when there are too many: not ready, then the youngest."""
    youngest_first = pods[::-1]
    return sorted(youngest_first, key=pod_state.is_ready)


def _status(replica_set: Manifest, pods: list[Manifest], context: Context) -> Plan:
    min_ready_seconds = manifests.get(replica_set, "spec", "minReadySeconds", default=0)
    available, again = pod_state.available(pods, min_ready_seconds, context)
    counts = {
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": sum(map(pod_state.is_ready, pods)),
        "availableReplicas": available,
    }
    status = {
        "replicas": len(pods),
        "observedGeneration": manifests.metadata(replica_set).get("generation", 1),
        **{name: count for name, count in counts.items() if count},
    }
    return Plan(plan.status(replica_set, status), again)
