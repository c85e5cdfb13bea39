"""The kinds that the simulator watches or makes."""

from __future__ import annotations

from typing import Final

from dokaseca.model.identity import GroupVersionKind

API_SERVICE: Final = GroupVersionKind("apiregistration.k8s.io", "v1", "APIService")
AUTOSCALER: Final = GroupVersionKind("autoscaling", "v2", "HorizontalPodAutoscaler")
BUDGET: Final = GroupVersionKind("policy", "v1", "PodDisruptionBudget")
CLAIM: Final = GroupVersionKind("", "v1", "PersistentVolumeClaim")
CONTROLLER_REVISION: Final = GroupVersionKind("apps", "v1", "ControllerRevision")
CRON_JOB: Final = GroupVersionKind("batch", "v1", "CronJob")
DAEMON_SET: Final = GroupVersionKind("apps", "v1", "DaemonSet")
DEFINITION: Final = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
DEPLOYMENT: Final = GroupVersionKind("apps", "v1", "Deployment")
ENDPOINT_SLICE: Final = GroupVersionKind("discovery.k8s.io", "v1", "EndpointSlice")
EVENT: Final = GroupVersionKind("", "v1", "Event")
INGRESS: Final = GroupVersionKind("networking.k8s.io", "v1", "Ingress")
JOB: Final = GroupVersionKind("batch", "v1", "Job")
LEASE: Final = GroupVersionKind("coordination.k8s.io", "v1", "Lease")
NODE: Final = GroupVersionKind("", "v1", "Node")
POD: Final = GroupVersionKind("", "v1", "Pod")
REPLICA_SET: Final = GroupVersionKind("apps", "v1", "ReplicaSet")
SERVICE: Final = GroupVersionKind("", "v1", "Service")
STATEFUL_SET: Final = GroupVersionKind("apps", "v1", "StatefulSet")
VOLUME: Final = GroupVersionKind("", "v1", "PersistentVolume")

WATCHED: Final = (
    NODE,
    DEPLOYMENT,
    REPLICA_SET,
    CONTROLLER_REVISION,
    STATEFUL_SET,
    DAEMON_SET,
    JOB,
    CRON_JOB,
    POD,
    SERVICE,
    ENDPOINT_SLICE,
    INGRESS,
    CLAIM,
    VOLUME,
    AUTOSCALER,
    BUDGET,
    API_SERVICE,
)
