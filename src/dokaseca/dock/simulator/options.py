"""What can be set about the simulation."""

from __future__ import annotations

from dataclasses import dataclass

SIMULATE = "dokaseca.dev/simulate"  # annotation of a pod template: one of the faults of `faults`

UTILIZATION = (
    "dokaseca.dev/simulate-utilization"  # annotation of an autoscaler: what its Pods use, in percent of the request
)


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """Delays are short so that a platform comes up in seconds; statuses are those of a real cluster.

    Attributes:
        pod_ready_seconds: from the first sight of a Pod to Running and Ready.
        pod_slow_seconds: the same under the fault `slow`.
        job_seconds: from the first sight of a Pod that runs to completion to its end.
        settle_seconds: how long an owner waits for more changes of its dependents before it looks at them.
        node_name: the one node.
        workers: objects worked on at once.
        event_seconds: how long Events are gathered before they are written, so that a start comes first.
    """

    pod_ready_seconds: float = 0.06
    pod_slow_seconds: float = 5.0
    job_seconds: float = 0.06
    settle_seconds: float = 0.02
    node_name: str = "dock-node"
    workers: int = 4
    event_seconds: float = 0.5
