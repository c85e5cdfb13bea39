"""StatefulSets: numbered Pods with their own claims, one after the other."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.simulator import kinds, plan, pod_state, scheduling, templates
from dokaseca.dock.simulator.plan import Create, Delete, Plan, Write
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def reconcile(stateful_set: Manifest, context: Context) -> Plan:
    """The next Pod up, down or over to the new template, and the status."""
    pods = {_ordinal(pod): pod for pod in context.seen.owned(stateful_set, kinds.POD)}
    writes: list[Write] = []
    if not manifests.is_deleting(stateful_set):
        writes = _step(stateful_set, pods, context)
    report = _status(stateful_set, pods, context)
    return Plan((*writes, *report.writes), report.again_after_seconds)


def _ordinal(pod: Manifest) -> int:
    text = manifests.name(pod).rpartition("-")[2]
    return int(text) if text.isdigit() else -1


def _revision(stateful_set: Manifest) -> str:
    return f"{manifests.name(stateful_set)}-{templates.safe_hash(templates.template_of(stateful_set))}"


def _ordinals(stateful_set: Manifest) -> range:
    first = int(manifests.get(stateful_set, "spec", "ordinals", "start", default=0))
    return range(first, first + int(manifests.get(stateful_set, "spec", "replicas", default=1)))


def _is_steady(pod: Manifest | None) -> bool:
    return pod is not None and pod_state.is_active(pod) and pod_state.is_ready(pod)


def _step(stateful_set: Manifest, pods: dict[int, Manifest], context: Context) -> list[Write]:
    wanted = _ordinals(stateful_set)
    one_by_one = manifests.get(stateful_set, "spec", "podManagementPolicy") != "Parallel"
    writes: list[Write] = []
    for ordinal in wanted:
        pod = pods.get(ordinal)
        if pod is None:
            writes += [
                *_claims(stateful_set, ordinal, context),
                Create(_pod(stateful_set, ordinal, context), stateful_set),
            ]
        elif not manifests.is_deleting(pod) and pod_state.phase(pod) in ("Succeeded", "Failed"):
            writes.append(Delete(pod))
        if one_by_one and not _is_steady(pod):
            return writes
    surplus = [pods[ordinal] for ordinal in sorted(pods, reverse=True) if ordinal not in wanted]
    if surplus:
        return [*writes, *(Delete(pod) for pod in (surplus[:1] if one_by_one else surplus))]
    return writes or _outdated(stateful_set, pods)


def _outdated(stateful_set: Manifest, pods: dict[int, Manifest]) -> list[Write]:
    """The highest Pod of an older template, once all above it are steady."""
    strategy = manifests.get(stateful_set, "spec", "updateStrategy", default={})
    if strategy.get("type") == "OnDelete":
        return []
    partition = int(manifests.get(strategy, "rollingUpdate", "partition", default=0))
    for ordinal in reversed([one for one in _ordinals(stateful_set) if one >= partition]):
        pod = pods.get(ordinal)
        if pod is None or manifests.is_deleting(pod):
            return []
        if manifests.labels(pod).get(templates.REVISION_LABEL) != _revision(stateful_set):
            return [Delete(pod)]
        if not _is_steady(pod):
            return []
    return []


def _pod(stateful_set: Manifest, ordinal: int, context: Context) -> Manifest:
    name = f"{manifests.name(stateful_set)}-{ordinal}"
    labels = {
        "apps.kubernetes.io/pod-index": str(ordinal),
        templates.REVISION_LABEL: _revision(stateful_set),
        "statefulset.kubernetes.io/pod-name": name,
    }
    pod = templates.pod(stateful_set, scheduling.node_of_template(stateful_set, context), name=name, labels=labels)
    spec = pod["spec"]
    own = [_template_name(one) for one in _claim_templates(stateful_set)]
    volumes = [one for one in spec.get("volumes") or () if one.get("name") not in own]
    volumes += [{"name": one, "persistentVolumeClaim": {"claimName": f"{one}-{name}"}} for one in own]
    identity = {"hostname": name, "subdomain": manifests.get(stateful_set, "spec", "serviceName", default="")}
    spec |= {field: value for field, value in identity.items() if value}
    return {**pod, "spec": {**spec, "volumes": volumes} if volumes else spec}


def _claim_templates(stateful_set: Manifest) -> list[Manifest]:
    return list(manifests.get(stateful_set, "spec", "volumeClaimTemplates", default=[]))


def _template_name(claim: Manifest) -> str:
    return manifests.name(claim)


def _claims(stateful_set: Manifest, ordinal: int, context: Context) -> list[Write]:
    """The claims of one Pod that do not exist; they outlive it."""
    namespace = manifests.namespace(stateful_set)
    labels = manifests.get(stateful_set, "spec", "selector", "matchLabels", default={})
    writes: list[Write] = []
    for template in _claim_templates(stateful_set):
        name = f"{_template_name(template)}-{manifests.name(stateful_set)}-{ordinal}"
        if context.seen.get_or_none(kinds.CLAIM, namespace, name) is None:
            metadata = {**manifests.metadata(template), "name": name, "namespace": namespace}
            metadata["labels"] = {**manifests.labels(template), **labels}
            claim = {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": metadata,
                "spec": template["spec"],
            }
            writes.append(Create(claim, stateful_set))
    return writes


def _status(stateful_set: Manifest, pods: dict[int, Manifest], context: Context) -> Plan:
    active = [pod for pod in pods.values() if pod_state.is_active(pod)]
    revision, desired = _revision(stateful_set), len(_ordinals(stateful_set))
    updated = [pod for pod in active if manifests.labels(pod).get(templates.REVISION_LABEL) == revision]
    min_ready_seconds = manifests.get(stateful_set, "spec", "minReadySeconds", default=0)
    available, again = pod_state.available(active, min_ready_seconds, context)
    ready = sum(map(pod_state.is_ready, active))
    current = str(manifests.get(stateful_set, "status", "currentRevision", default=revision))
    if len(updated) == len(active) == desired == ready:
        current = revision
    status: dict[str, Any] = {
        "observedGeneration": manifests.metadata(stateful_set).get("generation", 1),
        "replicas": len(active),
        "availableReplicas": available,
        "currentRevision": current,
        "updateRevision": revision,
        "collisionCount": 0,
    }
    optional = {
        "readyReplicas": ready,
        "currentReplicas": sum(manifests.labels(pod).get(templates.REVISION_LABEL) == current for pod in active),
        "updatedReplicas": len(updated),
    }
    return Plan(plan.status(stateful_set, status | {name: count for name, count in optional.items() if count}), again)
