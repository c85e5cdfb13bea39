"""Roles of a cluster's components and who holds them: scheduler, controllers, nodes (rbac's bootstrap policy, 1.36).

The dock's own components do not need them; users look at them, and bind what they run to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

_EVENTS: Final = "create,patch,update: events events.events.k8s.io"
_READ: Final = "get,list,watch"

# A line is a role; behind it, one rule a line: verbs, a colon, resources as plural.group.
_ROLES: Final = f"""
system:kube-scheduler
  {_EVENTS}
  create: leases.coordination.k8s.io
  get,list,update,watch: leases.coordination.k8s.io
  list,watch: nodes persistentvolumeclaims persistentvolumes replicationcontrollers services namespaces
  delete,get,list,watch: pods
  create: bindings pods/binding
  patch,update: pods/status
  {_READ}: replicasets.apps statefulsets.apps poddisruptionbudgets.policy
  {_READ}: csidrivers.storage.k8s.io csinodes.storage.k8s.io csistoragecapacities.storage.k8s.io
  {_READ}: deviceclasses.resource.k8s.io resourceslices.resource.k8s.io
  get,list,patch,update,watch: resourceclaims.resource.k8s.io resourceclaims/status.resource.k8s.io
  create: tokenreviews.authentication.k8s.io subjectaccessreviews.authorization.k8s.io
system:kube-controller-manager
  {_EVENTS}
  create: leases.coordination.k8s.io
  get,list,update,watch: leases.coordination.k8s.io
  create: secrets serviceaccounts serviceaccounts/token
  delete: secrets
  get: configmaps namespaces secrets serviceaccounts
  update: secrets serviceaccounts
  create: tokenreviews.authentication.k8s.io subjectaccessreviews.authorization.k8s.io
  list,watch: *.*
system:node
  create: tokenreviews.authentication.k8s.io subjectaccessreviews.authorization.k8s.io
  {_READ}: services
  create,get,list,watch: nodes
  patch,update: nodes/status nodes
  {_EVENTS}
  {_READ}: pods
  create,delete: pods
  patch,update: pods/status
  create: pods/eviction
  {_READ}: configmaps secrets
  get: persistentvolumeclaims persistentvolumes
  get: endpoints
  create,get,list,watch: certificatesigningrequests.certificates.k8s.io
  create,delete,get,patch,update: leases.coordination.k8s.io
  get: volumeattachments.storage.k8s.io
  create: serviceaccounts/token
  get,patch,update: persistentvolumeclaims/status
  {_READ}: csidrivers.storage.k8s.io runtimeclasses.node.k8s.io
  create,delete,get,patch,update: csinodes.storage.k8s.io
system:node-bootstrapper
  create,get,list,watch: certificatesigningrequests.certificates.k8s.io
system:node-problem-detector
  get: nodes
  patch: nodes/status
  {_EVENTS}
system:node-proxier
  list,watch: services
  {_READ}: nodes
  {_EVENTS}
  list,watch: endpointslices.discovery.k8s.io servicecidrs.networking.k8s.io
system:kubelet-api-admin
  {_READ},proxy: nodes
  *: nodes/log nodes/metrics nodes/proxy nodes/stats
system:kube-aggregator
  {_READ}: services endpoints
system:kube-dns
  list,watch: endpoints services
system:heapster
  {_READ}: events namespaces nodes pods
  {_READ}: deployments.extensions
system:persistent-volume-provisioner
  create,delete,get,list,watch: persistentvolumes
  get,list,update,watch: persistentvolumeclaims
  {_READ}: storageclasses.storage.k8s.io
  list,watch: events
  {_EVENTS}
system:volume-scheduler
  get,list,patch,update,watch: persistentvolumes
  {_READ}: storageclasses.storage.k8s.io
  get,list,patch,update,watch: persistentvolumeclaims
system:certificates.k8s.io:certificatesigningrequests:nodeclient
  create: certificatesigningrequests/nodeclient.certificates.k8s.io
system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
  create: certificatesigningrequests/selfnodeclient.certificates.k8s.io
system:controller:attachdetach-controller
  list,watch: persistentvolumeclaims persistentvolumes
  {_READ}: nodes
  patch,update: nodes/status
  list,watch: pods
  {_EVENTS}
  {_READ}: csidrivers.storage.k8s.io csinodes.storage.k8s.io
  create,delete,get,list,patch,update,watch: volumeattachments.storage.k8s.io
system:controller:certificate-controller
  delete,get,list,watch: certificatesigningrequests.certificates.k8s.io
  update: certificatesigningrequests/approval.certificates.k8s.io certificatesigningrequests/status.certificates.k8s.io
  create: subjectaccessreviews.authorization.k8s.io
  {_EVENTS}
system:controller:clusterrole-aggregation-controller
  bind,escalate,get,list,patch,update,watch: clusterroles.rbac.authorization.k8s.io
system:controller:cronjob-controller
  get,list,update,watch: cronjobs.batch
  create,delete,get,list,patch,update,watch: jobs.batch
  update: cronjobs/status.batch cronjobs/finalizers.batch
  delete,list: pods
  {_EVENTS}
system:controller:daemon-set-controller
  {_READ}: daemonsets.apps
  update: daemonsets/status.apps daemonsets/finalizers.apps
  list,watch: nodes
  create,delete,list,patch,watch: pods
  create: pods/binding
  create,delete,get,list,patch,update,watch: controllerrevisions.apps
  {_EVENTS}
system:controller:deployment-controller
  get,list,update,watch: deployments.apps
  update: deployments/status.apps deployments/finalizers.apps
  create,delete,get,list,patch,update,watch: replicasets.apps
  get,list,update,watch: pods
  {_EVENTS}
system:controller:disruption-controller
  {_READ}: deployments.apps replicasets.apps statefulsets.apps replicationcontrollers poddisruptionbudgets.policy
  update: poddisruptionbudgets/status.policy
  patch: pods/status
  get: */scale.*
  {_EVENTS}
system:controller:endpoint-controller
  {_READ}: pods services
  create,delete,get,list,update: endpoints
  create: endpoints/restricted
  {_EVENTS}
system:controller:endpointslice-controller
  {_READ}: nodes pods services
  update: services/finalizers
  create,delete,get,list,update: endpointslices.discovery.k8s.io
  {_EVENTS}
system:controller:endpointslicemirroring-controller
  {_READ}: endpoints services
  update: endpoints/finalizers services/finalizers
  create,delete,get,list,update: endpointslices.discovery.k8s.io
  {_EVENTS}
system:controller:ephemeral-volume-controller
  update: pods/finalizers
  {_READ}: pods
  create,get,list,watch: persistentvolumeclaims
  {_EVENTS}
system:controller:expand-controller
  get,list,patch,update,watch: persistentvolumes
  patch,update: persistentvolumeclaims/status
  {_READ}: persistentvolumeclaims storageclasses.storage.k8s.io
  {_EVENTS}
system:controller:generic-garbage-collector
  delete,get,list,patch,update,watch: *.*
  {_EVENTS}
system:controller:horizontal-pod-autoscaler
  {_READ}: horizontalpodautoscalers.autoscaling
  update: horizontalpodautoscalers/status.autoscaling
  get,update: */scale.*
  list: pods
  get,list: *.metrics.k8s.io *.custom.metrics.k8s.io *.external.metrics.k8s.io
  {_EVENTS}
system:controller:job-controller
  get,list,patch,update,watch: jobs.batch
  update: jobs/status.batch jobs/finalizers.batch
  create,delete,list,patch,watch: pods
  {_EVENTS}
system:controller:namespace-controller
  delete,get,list,watch: namespaces
  update: namespaces/finalize namespaces/status
  delete,deletecollection,get,list: *.*
system:controller:node-controller
  delete,get,list,patch,update,watch: nodes
  patch,update: nodes/status
  patch,update: pods/status
  delete,get,list: pods
  {_EVENTS}
system:controller:persistent-volume-binder
  create,delete,get,list,update,watch: persistentvolumes
  update: persistentvolumes/status persistentvolumeclaims/status
  get,list,update,watch: persistentvolumeclaims
  {_READ}: storageclasses.storage.k8s.io nodes
  create,delete,get,list,watch: pods
  {_EVENTS}
system:controller:pod-garbage-collector
  delete,list,watch: pods
  get,list: nodes
  patch: pods/status
system:controller:pv-protection-controller
  get,list,update,watch: persistentvolumes
  {_EVENTS}
system:controller:pvc-protection-controller
  get,list,update,watch: persistentvolumeclaims
  {_READ}: pods
  {_EVENTS}
system:controller:replicaset-controller
  get,list,update,watch: replicasets.apps
  update: replicasets/status.apps replicasets/finalizers.apps
  create,delete,list,patch,watch: pods
  {_EVENTS}
system:controller:replication-controller
  get,list,update,watch: replicationcontrollers
  update: replicationcontrollers/status replicationcontrollers/finalizers
  create,delete,list,patch,watch: pods
  {_EVENTS}
system:controller:resourcequota-controller
  list,watch: *.*
  update: resourcequotas/status
  {_EVENTS}
system:controller:root-ca-cert-publisher
  create,update: configmaps
  {_EVENTS}
system:controller:route-controller
  list,watch: nodes
  patch: nodes/status
  {_EVENTS}
system:controller:service-account-controller
  create: serviceaccounts
  {_EVENTS}
system:controller:service-controller
  {_READ}: services
  patch,update: services/status
  list,watch: nodes
  {_EVENTS}
system:controller:statefulset-controller
  list,watch: pods
  {_READ}: statefulsets.apps
  update: statefulsets/status.apps statefulsets/finalizers.apps
  create,delete,get,patch,update: pods
  create,delete,get,list,patch,update,watch: controllerrevisions.apps
  create,get,update: persistentvolumeclaims
  delete: persistentvolumeclaims
  {_EVENTS}
system:controller:ttl-after-finished-controller
  delete,get,list,watch: jobs.batch
  {_EVENTS}
system:controller:ttl-controller
  list,patch,update,watch: nodes
  {_EVENTS}
system:controller:validatingadmissionpolicy-status-controller
  {_READ}: validatingadmissionpolicies.admissionregistration.k8s.io
  get,patch,update: validatingadmissionpolicies/status.admissionregistration.k8s.io
  {_EVENTS}
"""
_USERS: Final = {
    "system:kube-scheduler": "system:kube-scheduler",
    "system:kube-controller-manager": "system:kube-controller-manager",
    "system:node-proxier": "system:kube-proxy",
    "system:volume-scheduler": "system:kube-scheduler",
}
_ACCOUNTS: Final = {"system:kube-dns": "kube-dns"}
_UNBOUND_SUBJECTS: Final = ("system:node",)  # bound to nobody: the Node authorizer decides
_CONTROLLER: Final = "system:controller:"


class Role(NamedTuple):
    """A role and its rules as documents."""

    name: str
    rules: tuple[dict[str, list[str]], ...]


@cache
def component_roles() -> tuple[Role, ...]:
    """Every role, in the order above."""
    found: list[tuple[str, list[dict[str, list[str]]]]] = []
    for line in _ROLES.strip().splitlines():
        if line.startswith("  "):
            found[-1][1].extend(_rules(line.strip()))
        else:
            found.append((line, []))
    return tuple(Role(name, tuple(rules)) for name, rules in found)


def bindings() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(role, which the binding is named like; subjects)."""
    for role in component_roles():
        name = role.name
        if name in _UNBOUND_SUBJECTS:
            yield name, []
        elif name in _USERS:
            yield name, [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": _USERS[name]}]
        elif name.startswith(_CONTROLLER) or name in _ACCOUNTS:
            account = _ACCOUNTS.get(name, name.removeprefix(_CONTROLLER))
            yield name, [{"kind": "ServiceAccount", "name": account, "namespace": "kube-system"}]


def _rules(line: str) -> Iterator[dict[str, list[str]]]:
    """One rule for each API group of a line."""
    verbs, _, resources = line.rpartition(": ")
    groups: dict[str, list[str]] = {}
    for resource in resources.split():
        plural, _, group = resource.partition(".")
        groups.setdefault(group, []).append(plural)
    for group, plurals in groups.items():
        yield {"apiGroups": [group], "resources": sorted(plurals), "verbs": verbs.split(",")}
