"""Which node a Pod may run on, in kube-scheduler's words: cordons, taints, node selectors, required affinity, claims.

How much a node can hold is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from dokaseca.dock.simulator import conditions, kinds
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"
NAME: Final = "default-scheduler"
_AFFINITY: Final = "node(s) didn't match Pod's node affinity/selector"
_TAINT: Final = "node(s) had untolerated taint(s)"
_CORDONED: Final = "node(s) were unschedulable"
_HOLDS_BACK: Final = ("NoSchedule", "NoExecute")
# What a DaemonSet's Pods bear on top of their template (pkg/controller/daemon/util).
DAEMON_TOLERATIONS: Final = (
    *(
        {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": "NoExecute"}
        for name in ("not-ready", "unreachable")
    ),
    *(
        {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": "NoSchedule"}
        for name in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    ),
)


class Place(NamedTuple):
    """The node, or why there is none."""

    node: str = ""
    why: str = ""


def place(spec: dict[str, Any], namespace: str, context: Context) -> Place:
    """Where a Pod of this spec goes: to the dock's own node if it may, else to the first that it may."""
    missing = _missing_claim(spec, namespace, context)
    nodes = sorted(context.seen.within(kinds.NODE, ""), key=lambda one: _rank(one, context))
    if not nodes:  # our own has not been registered yet
        return Place(context.options.node_name)
    if missing:
        return Place("", _sentence(Counter(), len(nodes), missing))
    obstacles: Counter[str] = Counter()
    for node in nodes:
        obstacle = obstacle_or_empty(spec, node)
        if not obstacle:
            return Place(manifests.name(node))
        obstacles[obstacle] += 1
    return Place("", _sentence(obstacles, len(nodes)))


def node_of_template(owner: Manifest, context: Context) -> str:
    """The node of the next Pod of a template, empty where it has to wait: it saves a Pod that may run its binding."""
    spec = manifests.get(owner, "spec", "template", "spec", default={})
    if spec.get("schedulingGates") or spec.get("schedulerName", NAME) != NAME:
        return ""
    return place(spec, manifests.namespace(owner), context).node


def obstacle_or_empty(spec: dict[str, Any], node: Manifest) -> str:
    """What keeps a Pod of this spec from a node, empty for nothing."""
    tolerations = spec.get("tolerations") or ()
    cordon = {"key": UNSCHEDULABLE, "effect": "NoSchedule"}
    if manifests.get(node, "spec", "unschedulable") and not tolerates(tolerations, cordon):
        return _CORDONED
    taints = manifests.get(node, "spec", "taints", default=[])
    if any(
        one.get("effect") in _HOLDS_BACK and one.get("key") != UNSCHEDULABLE and not tolerates(tolerations, one)
        for one in taints
    ):
        return _TAINT
    return "" if attracts(spec, node) else _AFFINITY


def attracts(spec: dict[str, Any], node: Manifest) -> bool:
    """Whether the node has the labels that nodeSelector and the required node affinity ask for."""
    labels = manifests.labels(node)
    if not (spec.get("nodeSelector") or {}).items() <= labels.items():
        return False
    required = manifests.get(
        spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"
    )
    if required is None:
        return True
    fields = {"metadata.name": manifests.name(node)}
    return any(
        _matches(term.get("matchExpressions") or (), labels) and _matches(term.get("matchFields") or (), fields)
        for term in required
        if term.get("matchExpressions") or term.get("matchFields")
    )


def tolerates(tolerations: Iterable[dict[str, Any]], taint: dict[str, Any]) -> bool:
    """Whether one of the tolerations bears the taint."""
    return any(_bears(one, taint) for one in tolerations)


def seconds_to_eviction(pod: Manifest, node: Manifest, context: Context) -> float | None:
    """In how many seconds a NoExecute taint of its node ends a Pod: 0 for now, None for never."""
    left = None
    for taint in manifests.get(node, "spec", "taints", default=[]):
        if taint.get("effect") != "NoExecute":
            continue
        bearing = [one for one in manifests.get(pod, "spec", "tolerations", default=[]) if _bears(one, taint)]
        if not bearing:
            return 0.0
        limits = [float(one["tolerationSeconds"]) for one in bearing if one.get("tolerationSeconds") is not None]
        if limits:
            added = max(str(taint.get("timeAdded") or context.time), _created(pod, context))
            rest = max(0.0, min(limits) - context.since_seconds(added))
            left = rest if left is None else min(left, rest)
    return left


def _created(pod: Manifest, context: Context) -> str:
    return str(manifests.metadata(pod).get("creationTimestamp") or context.time)


def _bears(toleration: dict[str, Any], taint: dict[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("key") and toleration["key"] != taint.get("key"):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and (toleration.get("value") or "") == (taint.get("value") or "")


def _matches(expressions: Sequence[dict[str, Any]], labels: dict[str, str]) -> bool:
    return all(_holds(one, labels) for one in expressions)


def _holds(expression: dict[str, Any], labels: dict[str, str]) -> bool:
    found, values = labels.get(str(expression.get("key"))), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt" | "Lt" as operator if found is not None and len(values) == 1:
            return _compares(operator, found, str(values[0]))
    return False


def _compares(operator: str, found: str, value: str) -> bool:
    try:
        return int(found) > int(value) if operator == "Gt" else int(found) < int(value)
    except ValueError:
        return False


def _rank(node: Manifest, context: Context) -> tuple[bool, bool, str]:
    name = manifests.name(node)
    is_ready = conditions.is_true(manifests.get(node, "status", "conditions"), "Ready")
    return name != context.options.node_name, not is_ready, name


def _missing_claim(spec: dict[str, Any], namespace: str, context: Context) -> str:
    for volume in spec.get("volumes") or ():
        name = str(manifests.get(volume, "persistentVolumeClaim", "claimName", default=""))
        if not name:
            continue
        claim = context.seen.get_or_none(kinds.CLAIM, namespace, name)
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found'
        if manifests.is_deleting(claim):
            return f'persistentvolumeclaim "{name}" is being deleted'
    return ""


def _sentence(obstacles: Counter[str], nodes: int, why: str = "") -> str:
    """As FitError prints it: what stood in the way of how many nodes, and that eviction of others would not help."""
    found = why or ", ".join(sorted(f"{count} {text}" for text, count in obstacles.items()))
    lost = f"0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling."
    return f"0/{nodes} nodes are available: {found}. no new claims to deallocate, preemption: {lost}"
