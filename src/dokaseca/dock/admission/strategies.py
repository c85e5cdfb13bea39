"""Which defaults and rules belong to which built-in kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dokaseca.dock.admission import access, config, limits, mutating_check, pods, policies_check, services, workloads
from dokaseca.dock.admission.fields import Errors
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def _no_default(manifest: Manifest) -> None:
    del manifest


def _no_rule(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    del manifest, old, errors


def _check_pod(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    pods.check_spec(manifest.get("spec"), "spec", errors, ("Always", "OnFailure", "Never"))
    if old is not None:
        pods.check_pod_update(manifest, old, errors)


def _default_template(manifest: Manifest) -> None:
    spec = manifests.get(manifest, "template", "spec")
    if spec is not None:
        pods.default_spec(spec)


@dataclass(frozen=True, slots=True)
class Strategy:
    """How one kind is completed and judged.

    Attributes:
        default: completes an object in place.
        check: reports what breaks the kind's rules, given the object that it replaces.
        has_generation: whether `metadata.generation` counts changes of the spec.
    """

    default: Callable[[Manifest], None] = _no_default
    check: Callable[[Manifest, Manifest | None, Errors], None] = _no_rule
    has_generation: bool = False


PLAIN = Strategy()

BY_TABLE: Mapping[str, Strategy] = {
    "pods": Strategy(pods.default_pod, _check_pod, has_generation=True),
    "podtemplates": Strategy(_default_template),
    "replicationcontrollers": Strategy(workloads.default_replication_controller, has_generation=True),
    "deployments.apps": Strategy(workloads.default_deployment, workloads.check_deployment, has_generation=True),
    "replicasets.apps": Strategy(workloads.default_replica_set, workloads.check_controller, has_generation=True),
    "statefulsets.apps": Strategy(workloads.default_stateful_set, workloads.check_stateful_set, has_generation=True),
    "daemonsets.apps": Strategy(workloads.default_daemon_set, workloads.check_controller, has_generation=True),
    "jobs.batch": Strategy(workloads.default_job, workloads.check_job, has_generation=True),
    "cronjobs.batch": Strategy(workloads.default_cron_job, workloads.check_cron_job, has_generation=True),
    "services": Strategy(services.default, services.check),
    "secrets": Strategy(config.default_secret, config.check_secret),
    "configmaps": Strategy(check=config.check_config_map),
    "namespaces": Strategy(config.default_namespace),
    "limitranges": Strategy(limits.default_range),
    "persistentvolumeclaims": Strategy(config.default_claim, config.check_claim),
    "persistentvolumes": Strategy(config.default_volume, config.check_volume),
    "storageclasses.storage.k8s.io": Strategy(config.default_storage_class, config.check_storage_class),
    "rolebindings.rbac.authorization.k8s.io": Strategy(access.default_binding, access.check_binding),
    "clusterrolebindings.rbac.authorization.k8s.io": Strategy(access.default_binding, access.check_binding),
    "roles.rbac.authorization.k8s.io": Strategy(check=access.check_role),
    "clusterroles.rbac.authorization.k8s.io": Strategy(check=access.check_role),
    "networkpolicies.networking.k8s.io": Strategy(access.default_network_policy, has_generation=True),
    "ingresses.networking.k8s.io": Strategy(access.default_ingress, access.check_ingress, has_generation=True),
    "ingressclasses.networking.k8s.io": Strategy(access.default_ingress_class, has_generation=True),
    "horizontalpodautoscalers.autoscaling": Strategy(access.default_autoscaler, access.check_autoscaler),
    "poddisruptionbudgets.policy": Strategy(check=access.check_budget, has_generation=True),
    "validatingwebhookconfigurations.admissionregistration.k8s.io": Strategy(
        access.default_webhooks, access.check_webhooks, has_generation=True
    ),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": Strategy(
        access.default_webhooks, access.check_webhooks, has_generation=True
    ),
    "validatingadmissionpolicies.admissionregistration.k8s.io": Strategy(
        access.default_policy, policies_check.check_policy, has_generation=True
    ),
    "mutatingadmissionpolicies.admissionregistration.k8s.io": Strategy(
        access.default_policy, mutating_check.check_policy, has_generation=True
    ),
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": Strategy(
        access.default_policy_binding, policies_check.check_binding, has_generation=True
    ),
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": Strategy(
        access.default_policy_binding, mutating_check.check_binding, has_generation=True
    ),
    "priorityclasses.scheduling.k8s.io": Strategy(access.default_priority_class, has_generation=True),
    "flowschemas.flowcontrol.apiserver.k8s.io": Strategy(has_generation=True),
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": Strategy(has_generation=True),
    "endpoints": Strategy(access.default_endpoints),
    "endpointslices.discovery.k8s.io": Strategy(access.default_endpoint_slice, has_generation=True),
}


def of_table(table: str) -> Strategy:
    """The strategy of a built-in kind; kinds without one are stored as they come."""
    return BY_TABLE.get(table, PLAIN)
