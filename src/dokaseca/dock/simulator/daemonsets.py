"""DaemonSets: one Pod on every node that the template may run on."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.simulator import kinds, plan, pod_state, rollout, scheduling, templates
from dokaseca.dock.simulator.plan import Create, Delete, Plan, Write
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def reconcile(daemon_set: Manifest, context: Context) -> Plan:
    """Create missing Pods, delete misplaced and outdated ones within maxUnavailable, report."""
    pods = [pod for pod in context.seen.owned(daemon_set, kinds.POD) if pod_state.is_active(pod)]
    known = context.seen.within(kinds.NODE, "")
    nodes = [manifests.name(node) for node in known if _runs_on(daemon_set, node, pods)]
    mark = templates.safe_hash(templates.template_of(daemon_set))
    writes: list[Write] = []
    if not manifests.is_deleting(daemon_set):
        writes = [*_placed(daemon_set, pods, nodes, mark), *_outdated(daemon_set, pods, mark)]
    report = _status(daemon_set, pods, nodes, context)
    return Plan((*writes, *(() if writes else report.writes)), report.again_after_seconds)


def _spec(daemon_set: Manifest) -> dict[str, Any]:
    """The Pods' spec with the tolerations that every daemon has."""
    spec = manifests.get(daemon_set, "spec", "template", "spec", default={})
    own = [*(spec.get("tolerations") or ())]
    return {**spec, "tolerations": [*own, *(one for one in scheduling.DAEMON_TOLERATIONS if one not in own)]}


def _pod(daemon_set: Manifest, node: str, labels: dict[str, str]) -> Manifest:
    made = templates.pod(daemon_set, node, labels=labels)
    return {**made, "spec": {**made["spec"], "tolerations": _spec(daemon_set)["tolerations"]}}


def _runs_on(daemon_set: Manifest, node: Manifest, pods: list[Manifest]) -> bool:
    """Whether there should be a Pod: it fits, or it is there already and only a taint would keep a new one off."""
    spec, name = _spec(daemon_set), manifests.name(node)
    if not scheduling.obstacle_or_empty(spec, node):
        return True
    return scheduling.attracts(spec, node) and any(_node_of(pod) == name for pod in pods)


def _node_of(pod: Manifest) -> str:
    return str(manifests.get(pod, "spec", "nodeName", default=""))


def _placed(daemon_set: Manifest, pods: list[Manifest], nodes: list[str], mark: str) -> list[Write]:
    labels = {
        templates.REVISION_LABEL: mark,
        "pod-template-generation": str(manifests.metadata(daemon_set).get("generation", 1)),
    }
    taken = {_node_of(pod) for pod in pods}
    missing = [node for node in nodes if node not in taken]
    misplaced = [pod for pod in pods if _node_of(pod) not in nodes]
    creates = [Create(_pod(daemon_set, node, labels), daemon_set) for node in missing]
    return [*creates, *(Delete(pod) for pod in misplaced)]


def _outdated(daemon_set: Manifest, pods: list[Manifest], mark: str) -> list[Write]:
    """Pods of an older template, as many as may be missing at once; one that is not ready costs nothing."""
    if manifests.get(daemon_set, "spec", "updateStrategy", "type") == "OnDelete":
        return []
    allowed = manifests.get(daemon_set, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable", default=1)
    room = max(1, rollout.amount(allowed, len(pods), round_up=True))
    room -= sum(not pod_state.is_ready(pod) for pod in pods)
    old = [pod for pod in pods if manifests.labels(pod).get(templates.REVISION_LABEL) != mark]
    broken = [pod for pod in old if not pod_state.is_ready(pod)]
    ready = [pod for pod in old if pod_state.is_ready(pod)]
    return [Delete(pod) for pod in [*broken, *ready[: max(0, room)]]]


def _status(daemon_set: Manifest, pods: list[Manifest], nodes: list[str], context: Context) -> Plan:
    mark = templates.safe_hash(templates.template_of(daemon_set))
    placed = [pod for pod in pods if _node_of(pod) in nodes]
    min_ready_seconds = manifests.get(daemon_set, "spec", "minReadySeconds", default=0)
    available, again = pod_state.available(placed, min_ready_seconds, context)
    updated = sum(manifests.labels(pod).get(templates.REVISION_LABEL) == mark for pod in placed)
    status = {
        "currentNumberScheduled": len(placed),
        "numberMisscheduled": len(pods) - len(placed),
        "desiredNumberScheduled": len(nodes),
        "numberReady": sum(map(pod_state.is_ready, placed)),
        "observedGeneration": manifests.metadata(daemon_set).get("generation", 1),
    }
    optional = {
        "updatedNumberScheduled": updated,
        "numberAvailable": available,
        "numberUnavailable": len(nodes) - available,
    }
    return Plan(plan.status(daemon_set, status | {name: count for name, count in optional.items() if count}), again)
