"""Which function prints which kind; kinds that are not here show name and age."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dokaseca.dock.tables.printers import config, network, pods, workloads
from dokaseca.model.manifest import Manifest

_ADMISSION = "admissionregistration.k8s.io/v1"
_RBAC = "rbac.authorization.k8s.io/v1"

BY_PATH: Mapping[str, Callable[[Manifest, datetime], list[Any]]] = {
    "v1/pods": pods.pod,
    "v1/services": network.service,
    "v1/endpoints": network.endpoints,
    "v1/namespaces": config.namespace,
    "v1/nodes": config.node,
    "v1/configmaps": config.config_map,
    "v1/secrets": config.secret,
    "v1/serviceaccounts": config.service_account,
    "v1/events": config.event,
    "v1/persistentvolumeclaims": config.claim,
    "v1/persistentvolumes": config.volume,
    "v1/resourcequotas": config.quota,
    "v1/replicationcontrollers": workloads.replication_controller,
    "v1/podtemplates": workloads.pod_template,
    "apps/v1/deployments": workloads.deployment,
    "apps/v1/replicasets": workloads.replica_set,
    "apps/v1/statefulsets": workloads.stateful_set,
    "apps/v1/daemonsets": workloads.daemon_set,
    "apps/v1/controllerrevisions": workloads.controller_revision,
    "batch/v1/jobs": workloads.job,
    "batch/v1/cronjobs": workloads.cron_job,
    "autoscaling/v1/horizontalpodautoscalers": workloads.autoscaler,
    "autoscaling/v2/horizontalpodautoscalers": workloads.autoscaler,
    "policy/v1/poddisruptionbudgets": workloads.budget,
    "networking.k8s.io/v1/ingresses": network.ingress,
    "networking.k8s.io/v1/ingressclasses": network.ingress_class,
    "networking.k8s.io/v1/networkpolicies": network.network_policy,
    "discovery.k8s.io/v1/endpointslices": network.endpoint_slice,
    "events.k8s.io/v1/events": config.event,
    "storage.k8s.io/v1/storageclasses": config.storage_class,
    "scheduling.k8s.io/v1/priorityclasses": config.priority_class,
    "coordination.k8s.io/v1/leases": config.lease,
    "node.k8s.io/v1/runtimeclasses": config.runtime_class,
    "apiregistration.k8s.io/v1/apiservices": config.api_service,
    f"{_RBAC}/rolebindings": config.binding,
    f"{_RBAC}/clusterrolebindings": config.binding,
    f"{_ADMISSION}/validatingwebhookconfigurations": config.webhooks,
    f"{_ADMISSION}/mutatingwebhookconfigurations": config.webhooks,
    f"{_ADMISSION}/validatingadmissionpolicies": config.validating_policy,
    f"{_ADMISSION}/mutatingadmissionpolicies": config.mutating_policy,
    f"{_ADMISSION}/validatingadmissionpolicybindings": config.policy_binding,
    f"{_ADMISSION}/mutatingadmissionpolicybindings": config.policy_binding,
}
