"""What pods offer below themselves: binding, eviction, log; and what needs a container and is refused."""

from __future__ import annotations

from dokaseca.dock import body, selectors, status_error
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Stored
from dokaseca.dock.verbs import answer, delete, incoming, write
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.ports.wire import WireResponse

_BUDGETS = "poddisruptionbudgets.policy"
_DISRUPTS = "Cannot evict pod as it would violate the pod's disruption budget."
_UNDISTURBED = frozenset({"Pending", "Succeeded", "Failed"})  # no budget counts these
REFUSED = frozenset({"exec", "attach", "portforward", "proxy"})


def refuse(call: Call) -> WireResponse:
    """exec, attach, port-forward and proxy: nothing runs here.

    Raises:
        StatusError: always, 400 with a sentence that says so.
    """
    what = (
        f"{call.subresource} is not possible: {call.of.plural} of the dock are simulated, no container runs behind them"
    )
    raise status_error.bad_request(what)


def bind(cluster: ClusterState, call: Call) -> WireResponse:
    """POST of a Binding: the pod gets its node.

    Raises:
        StatusError: 404, 409 (it has one already), 400.
    """
    binding = body.decode_object(call.request.body, call.request.headers.get("content-type", ""))
    node = manifests.get(binding, "target", "name", default="")
    if not node:
        raise status_error.bad_request("a Binding needs target.name, the name of a node")
    _, manifest = write.live(cluster, call)
    if manifests.get(manifest, "spec", "nodeName"):
        why = f"pod {call.name} is already assigned to node {manifest['spec']['nodeName']!r}"
        raise status_error.conflict("", "pods/binding", call.name, why)
    changed = incoming.fresh(manifest)
    changed["spec"]["nodeName"] = node
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": cluster.now()}
    conditions = changed.setdefault("status", {}).setdefault("conditions", [])
    conditions[:] = [found for found in conditions if found.get("type") != "PodScheduled"] + [scheduled]
    cluster.store.put(call.of.table, changed)
    return answer.document(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
    )


def evict(cluster: ClusterState, call: Call) -> WireResponse:
    """POST of an Eviction: the pod goes, unless a PodDisruptionBudget forbids it.

    Raises:
        StatusError: 404, 429.
    """
    stored, pod = write.live(cluster, call)
    asked = body.decode_object(call.request.body, call.request.headers.get("content-type", ""))
    is_dry_run = call.is_dry_run or manifests.get(asked, "deleteOptions", "dryRun") == ["All"]
    if manifests.get(pod, "status", "phase") not in _UNDISTURBED:
        _charge(cluster, stored, is_dry_run=is_dry_run)
    if not is_dry_run:
        delete.release(cluster, call.of.table, stored, delete.Options())
    return answer.document(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
    )


def _charge(cluster: ClusterState, pod: Stored, *, is_dry_run: bool) -> None:
    """Take an eviction off the pod's budget (pkg/registry/core/pod/storage/eviction.go).

    Raises:
        StatusError: 429, the budget has none left; 500, there are two budgets.
    """
    covering = []
    for found in cluster.store.scan(_BUDGETS, pod.namespace):
        budget = cluster.read(found)
        if selectors.matches(selectors.from_document(manifests.get(budget, "spec", "selector")), pod.labels):
            covering.append(budget)
    if len(covering) > 1:
        raise status_error.internal(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
    for budget in covering:
        status = budget.setdefault("status", {})
        left = status.get("disruptionsAllowed") or 0
        if left <= 0:
            needs, has = status.get("desiredHealthy") or 0, status.get("currentHealthy") or 0
            why = f"The disruption budget {manifests.name(budget)} needs {needs} healthy pods and has {has} currently"
            details = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
            raise status_error.StatusError(429, "TooManyRequests", _DISRUPTS, details)
        if not is_dry_run:
            status["disruptionsAllowed"] = left - 1
            status["disruptedPods"] = {**(status.get("disruptedPods") or {}), pod.name: cluster.now()}
            cluster.store.put(_BUDGETS, budget)


def log(cluster: ClusterState, call: Call) -> WireResponse:
    """GET of a pod's log: what a simulated container has to say.

    Raises:
        StatusError: 404, 400 (no such container, none named where there are several, not started, never restarted).
    """
    _, manifest = write.live(cluster, call)
    name = _container(call, manifest)
    if call.flag("previous") and not _has_restarted(manifest, name):
        raise status_error.bad_request(f'previous terminated container "{name}" in pod "{call.name}" not found')
    started = manifests.get(manifest, "status", "startTime")
    if not started:
        raise status_error.bad_request(
            f'container "{name}" in pod "{call.name}" is waiting to start: ContainerCreating'
        )
    lines = [f"{started} container {name} of pod {call.name} started (simulated)", f"{started} ready"]
    tail = call.query.get("tailLines", "")
    shown = lines[-int(tail) :] if tail.isdigit() and int(tail) else [] if tail == "0" else lines
    stamp = f"{started} " if call.flag("timestamps") else ""
    text = "".join(f"{stamp}{line}\n" for line in shown)
    return WireResponse(200, {"Content-Type": "text/plain"}, text.encode())


def _container(call: Call, manifest: Manifest) -> str:
    """The container whose log is asked for: only a pod of one container need not say which.

    Raises:
        StatusError: 400, no such container, or none named.
    """
    names, inits = _names(manifest, "containers"), _names(manifest, "initContainers")
    name = call.query.get("container", "")
    if name:
        if name not in (*names, *inits):
            raise status_error.bad_request(f"container {name} is not valid for pod {call.name}")
        return name
    if len(names) != 1:
        choice = f"choose one of: [{' '.join(names)}]" + (
            f" or one of the init containers: [{' '.join(inits)}]" * bool(inits)
        )
        raise status_error.bad_request(f"a container name must be specified for pod {call.name}, {choice}")
    return names[0]


def _names(manifest: Manifest, field: str) -> list[str]:
    return [str(one.get("name")) for one in manifests.get(manifest, "spec", field, default=[])]


def _has_restarted(manifest: Manifest, name: str) -> bool:
    statuses = manifests.get(manifest, "status", "containerStatuses", default=[])
    return any(one.get("name") == name and one.get("restartCount") for one in statuses)
