"""RBAC, networking, autoscaling, webhooks and the rest: defaults and rules."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.admission.fields import Errors
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_RBAC = "rbac.authorization.k8s.io"


def default_binding(manifest: Manifest) -> None:
    """RoleBinding and ClusterRoleBinding."""
    reference = manifest.get("roleRef")
    if isinstance(reference, dict):
        reference.setdefault("apiGroup", _RBAC)
    for subject in manifest.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", _RBAC)


def check_binding(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    reference = manifest.get("roleRef") or {}
    kinds = ("ClusterRole",) if manifest["kind"] == "ClusterRoleBinding" else ("Role", "ClusterRole")
    if reference.get("kind") not in kinds:
        errors.unsupported("roleRef.kind", reference.get("kind") or "", kinds)
    if reference.get("apiGroup") != _RBAC:
        errors.unsupported("roleRef.apiGroup", reference.get("apiGroup") or "", (_RBAC,))
    if not reference.get("name"):
        errors.required("roleRef.name")
    for index, subject in enumerate(manifest.get("subjects") or ()):
        path = f"subjects[{index}]"
        if not subject.get("name"):
            errors.required(f"{path}.name")
        if subject.get("kind") not in ("ServiceAccount", "User", "Group"):
            errors.unsupported(f"{path}.kind", subject.get("kind") or "", ("ServiceAccount", "User", "Group"))
            continue
        group = "" if subject["kind"] == "ServiceAccount" else _RBAC
        if (subject.get("apiGroup") or "") != group:
            errors.unsupported(f"{path}.apiGroup", subject.get("apiGroup") or "", (group,))
        if not group and not subject.get("namespace"):
            errors.required(f"{path}.namespace")
    if old is not None and reference != old.get("roleRef"):
        errors.invalid("roleRef", reference, "cannot change roleRef")


def check_role(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    del old
    aggregation = manifest.get("aggregationRule")
    if aggregation is not None and not aggregation.get("clusterRoleSelectors"):
        detail = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        errors.required("aggregationRule.clusterRoleSelectors", detail)
    for index, rule in enumerate(manifest.get("rules") or ()):
        path = f"rules[{index}]"
        if not rule.get("verbs"):
            errors.required(f"{path}.verbs", "verbs must contain at least one value")
        if rule.get("nonResourceURLs"):
            _check_urls(manifest, rule, f"{path}.nonResourceURLs", errors)
            continue
        if not rule.get("apiGroups"):
            errors.required(f"{path}.apiGroups", "resource rules must supply at least one api group")
        if not rule.get("resources"):
            errors.required(f"{path}.resources", "resource rules must supply at least one resource")


def _check_urls(manifest: Manifest, rule: Manifest, path: str, errors: Errors) -> None:
    urls = rule["nonResourceURLs"]
    if manifest["kind"] == "Role":
        errors.invalid(path, urls, "namespaced rules cannot apply to non-resource URLs")
    if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
        errors.invalid(path, urls, "rules cannot apply to both regular resources and non-resource URLs")


def default_network_policy(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in rule.get("ports") or ():
            port.setdefault("protocol", "TCP")


def default_ingress(manifest: Manifest) -> None:
    manifest.setdefault("status", {}).setdefault("loadBalancer", {})


def check_ingress(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    del old
    spec = manifest.get("spec") or {}
    if not spec.get("rules") and not spec.get("defaultBackend"):
        errors.invalid("spec", spec, "either `defaultBackend` or `rules` must be specified")
    for index, rule in enumerate(spec.get("rules") or ()):
        http = rule.get("http")
        if http is None:
            continue
        base = f"spec.rules[{index}].http.paths"
        if not http.get("paths"):
            errors.required(base)
        for number, entry in enumerate(http.get("paths") or ()):
            _check_ingress_path(entry, f"{base}[{number}]", errors)


def _check_ingress_path(entry: dict[str, Any], path: str, errors: Errors) -> None:
    kind = entry.get("pathType")
    kinds = ("Exact", "ImplementationSpecific", "Prefix")
    if kind is None:
        errors.required(f"{path}.pathType", "pathType must be specified")
    elif kind not in kinds:
        errors.unsupported(f"{path}.pathType", kind, kinds)
    elif kind != "ImplementationSpecific" and not str(entry.get("path") or "").startswith("/"):
        errors.invalid(f"{path}.path", entry.get("path") or "", "must be an absolute path")
    service = manifests.get(entry, "backend", "service")
    if service is not None and not service.get("name"):
        errors.required(f"{path}.backend.service.name")
    if service is not None and not service.get("port"):
        errors.required(f"{path}.backend.service", "port name or number is required")


def default_autoscaler(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def check_autoscaler(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    del old
    spec = manifest.get("spec") or {}
    maximum = spec.get("maxReplicas") or 0
    if maximum < 1:
        errors.invalid("spec.maxReplicas", maximum, "must be greater than 0")
    elif maximum < spec.get("minReplicas", 1):
        errors.invalid("spec.maxReplicas", maximum, "must be greater than or equal to `minReplicas`")
    for field in ("kind", "name"):
        if not manifests.get(spec, "scaleTargetRef", field):
            errors.required(f"spec.scaleTargetRef.{field}")


def check_budget(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    del old
    spec = manifest.get("spec") or {}
    if "minAvailable" in spec and "maxUnavailable" in spec:
        errors.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")


def default_webhooks(manifest: Manifest) -> None:
    """ValidatingWebhookConfiguration and MutatingWebhookConfiguration."""
    for webhook in manifest.get("webhooks") or ():
        webhook.setdefault("failurePolicy", "Fail")
        webhook.setdefault("matchPolicy", "Equivalent")
        webhook.setdefault("namespaceSelector", {})
        webhook.setdefault("objectSelector", {})
        webhook.setdefault("timeoutSeconds", 10)
        if manifest["kind"] == "MutatingWebhookConfiguration":
            webhook.setdefault("reinvocationPolicy", "Never")
        service = manifests.get(webhook, "clientConfig", "service")
        if service is not None:
            service.setdefault("port", 443)
        for rule in webhook.get("rules") or ():
            rule.setdefault("scope", "*")


def check_webhooks(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    del old
    for index, webhook in enumerate(manifest.get("webhooks") or ()):
        path = f"webhooks[{index}]"
        if not webhook.get("name"):
            errors.required(f"{path}.name")
        if not webhook.get("admissionReviewVersions"):
            detail = "must specify one of v1, v1beta1"
            errors.required(f"{path}.admissionReviewVersions", detail)
        if webhook.get("sideEffects") not in ("None", "NoneOnDryRun"):
            value = webhook.get("sideEffects")
            if value is None:
                errors.required(f"{path}.sideEffects", "must specify one of None, NoneOnDryRun")
            else:
                errors.unsupported(f"{path}.sideEffects", value, ("None", "NoneOnDryRun"))


def default_policy(manifest: Manifest) -> None:
    """ValidatingAdmissionPolicy and MutatingAdmissionPolicy."""
    spec = manifest.setdefault("spec", {})
    spec.setdefault("failurePolicy", "Fail")
    constraints = spec.get("matchConstraints")
    if isinstance(constraints, dict):
        _default_match(constraints)


def default_policy_binding(manifest: Manifest) -> None:
    match = manifests.get(manifest, "spec", "matchResources")
    if match is not None:
        _default_match(match)


def _default_match(match: dict[str, Any]) -> None:
    match.setdefault("matchPolicy", "Equivalent")
    match.setdefault("namespaceSelector", {})
    match.setdefault("objectSelector", {})
    for field in ("resourceRules", "excludeResourceRules"):
        for rule in match.get(field) or ():
            rule.setdefault("scope", "*")


def default_priority_class(manifest: Manifest) -> None:
    manifest.setdefault("preemptionPolicy", "PreemptLowerPriority")
    manifest.setdefault("value", 0)


def default_ingress_class(manifest: Manifest) -> None:
    parameters = manifests.get(manifest, "spec", "parameters")
    if parameters is not None:
        parameters.setdefault("scope", "Cluster")


def default_endpoints(manifest: Manifest) -> None:
    for subset in manifest.get("subsets") or ():
        for port in subset.get("ports") or ():
            port.setdefault("protocol", "TCP")


def default_endpoint_slice(manifest: Manifest) -> None:
    for port in manifest.get("ports") or ():
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")
