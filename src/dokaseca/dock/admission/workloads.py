"""apps and batch: defaults and rules (pkg/apis/{apps,batch}/v1/defaults.go, pkg/apis/*/validation)."""

from __future__ import annotations

import copy
from typing import Any

from dokaseca.dock import selectors
from dokaseca.dock.admission import object_meta, pods
from dokaseca.dock.admission.fields import IMMUTABLE, Errors
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def _template_spec(manifest: Manifest) -> dict[str, Any]:
    template = manifest.setdefault("spec", {}).setdefault("template", {})
    template.setdefault("metadata", {})
    spec: dict[str, Any] = template.setdefault("spec", {})
    return spec


def default_deployment(manifest: Manifest) -> None:
    pods.default_spec(_template_spec(manifest))
    spec = manifest["spec"]
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def default_replica_set(manifest: Manifest) -> None:
    pods.default_spec(_template_spec(manifest))
    manifest["spec"].setdefault("replicas", 1)
    labels = manifests.get(manifest, "spec", "template", "metadata", "labels")
    if labels and not manifests.labels(manifest):
        manifest["metadata"]["labels"] = dict(labels)


def default_replication_controller(manifest: Manifest) -> None:
    default_replica_set(manifest)
    labels = manifests.get(manifest, "spec", "template", "metadata", "labels")
    if labels:
        manifest["spec"].setdefault("selector", dict(labels))


def default_stateful_set(manifest: Manifest) -> None:
    pods.default_spec(_template_spec(manifest))
    spec = manifest["spec"]
    spec.setdefault("replicas", 1)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    for claim in spec.get("volumeClaimTemplates") or ():
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
        claim.setdefault("status", {}).setdefault("phase", "Pending")


def default_daemon_set(manifest: Manifest) -> None:
    pods.default_spec(_template_spec(manifest))
    spec = manifest["spec"]
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", 10)


def default_job(manifest: Manifest) -> None:
    """Needs the uid: the generated selector is made of it."""
    pods.default_spec(_template_spec(manifest))
    spec = manifest["spec"]
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 2147483647 if "backoffLimitPerIndex" in spec else 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    spec.setdefault("manualSelector", False)
    if not spec["manualSelector"] and "selector" not in spec:
        uid, name = manifests.uid(manifest), manifests.name(manifest)
        generated = {"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name}
        labels = spec["template"]["metadata"].setdefault("labels", {})
        labels |= {**generated, "controller-uid": uid, "job-name": name}
        spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    if not spec["manualSelector"]:
        del spec["manualSelector"]
    labels = spec["template"]["metadata"].get("labels")
    if labels and not manifests.labels(manifest):
        manifest["metadata"]["labels"] = dict(labels)


def default_cron_job(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    template = spec.setdefault("jobTemplate", {})
    template.setdefault("metadata", {})
    _template_spec(template)
    pods.default_spec(template["spec"]["template"]["spec"])


def _check_template(manifest: Manifest, errors: Errors, restart: tuple[str, ...]) -> None:
    templates = manifests.get(manifest, "spec", "volumeClaimTemplates", default=[])
    claimed = frozenset(manifests.name(one) for one in templates)
    pods.check_spec(manifests.get(manifest, "spec", "template", "spec"), "spec.template.spec", errors, restart, claimed)
    labels = manifests.get(manifest, "spec", "template", "metadata", "labels", default={})
    object_meta.check_labels(labels, "spec.template.metadata.labels", errors)


def _check_selector(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    selector = manifests.get(manifest, "spec", "selector")
    _check_match(manifest, selector, errors)
    if old is not None:  # last, as the registry's strategy does it behind validation
        errors.immutable("spec.selector", selector, manifests.get(old, "spec", "selector"))


def _check_match(manifest: Manifest, selector: dict[str, Any] | None, errors: Errors) -> None:
    if selector is None:
        errors.required("spec.selector")
        return
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        operator = expression.get("operator")
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            path = f"spec.selector.matchExpressions[{index}].operator"
            errors.invalid(path, operator or "", "not a valid selector operator")
            return
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        errors.invalid("spec.selector", selector, "empty selector is invalid for deployment")
        return
    labels = manifests.get(manifest, "spec", "template", "metadata", "labels", default={})
    if not selectors.matches(selectors.from_document(selector), labels):
        detail = "`selector` does not match template `labels`"
        errors.invalid("spec.template.metadata.labels", labels, detail)


def _check_count(manifest: Manifest, errors: Errors, *fields: str) -> None:
    for field in fields:
        value = manifests.get(manifest, "spec", field)
        if isinstance(value, int) and value < 0:
            errors.invalid(f"spec.{field}", value, "must be greater than or equal to 0")


def check_controller(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Deployment, ReplicaSet, DaemonSet."""
    _check_selector(manifest, old, errors)
    _check_count(manifest, errors, "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    _check_template(manifest, errors, ("Always",))


def check_deployment(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    check_controller(manifest, old, errors)
    strategy = manifests.get(manifest, "spec", "strategy", default={})
    kind = strategy.get("type")
    if kind not in ("Recreate", "RollingUpdate"):
        errors.unsupported("spec.strategy.type", kind, ("Recreate", "RollingUpdate"))
    if kind == "Recreate" and "rollingUpdate" in strategy:
        detail = "may not be specified when strategy `type` is 'Recreate'"
        errors.forbidden("spec.strategy.rollingUpdate", detail)


_STATEFUL_MUTABLE = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)


def check_stateful_set(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    _check_selector(manifest, None, errors)
    _check_count(manifest, errors, "replicas", "minReadySeconds", "revisionHistoryLimit")
    _check_template(manifest, errors, ("Always",))
    if old is not None:
        frozen, was = (
            {key: value for key, value in of["spec"].items() if key not in _STATEFUL_MUTABLE} for of in (manifest, old)
        )
        if _without_status(frozen) != _without_status(was):
            detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"  # noqa: E501 - the server's sentence
            errors.forbidden("spec", detail)


def _without_status(spec: dict[str, Any]) -> dict[str, Any]:
    found = copy.copy(spec)
    found["volumeClaimTemplates"] = [
        {key: value for key, value in claim.items() if key != "status"}
        for claim in spec.get("volumeClaimTemplates") or ()
    ]
    return found


_FAILURE_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")


def check_job(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    _check_count(manifest, errors, "parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished")
    if manifests.get(manifest, "spec", "template", "spec", "restartPolicy") == "Always":
        errors.required("spec.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')
    _check_template(manifest, errors, ())
    _check_job_policies(manifest["spec"], errors)
    if old is not None:
        _check_job_update(manifest["spec"], old, errors)


def _check_job_policies(spec: dict[str, Any], errors: Errors) -> None:
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        errors.required("spec.completions", "when completion mode is Indexed")
    if spec.get("completionMode") not in ("Indexed", "NonIndexed"):
        errors.unsupported("spec.completionMode", spec.get("completionMode"), ("Indexed", "NonIndexed"))
    if "backoffLimitPerIndex" in spec and spec.get("completionMode") != "Indexed":
        errors.invalid("spec.backoffLimitPerIndex", spec["backoffLimitPerIndex"], "requires indexed completion mode")
    if "podFailurePolicy" not in spec:
        return
    if manifests.get(spec, "template", "spec", "restartPolicy") != "Never":
        policy = manifests.get(spec, "template", "spec", "restartPolicy")
        detail = 'only "Never" is supported when podFailurePolicy is specified'
        errors.invalid("spec.template.spec.restartPolicy", policy, detail)
    for index, rule in enumerate(spec["podFailurePolicy"].get("rules") or ()):
        path = f"spec.podFailurePolicy.rules[{index}]"
        if rule.get("action") not in _FAILURE_ACTIONS:
            errors.unsupported(f"{path}.action", rule.get("action"), _FAILURE_ACTIONS)
        asked = [field for field in ("onExitCodes", "onPodConditions") if rule.get(field)]
        if len(asked) != 1:
            detail = "specifying one of OnExitCodes and OnPodConditions is required"
            if asked:
                detail = "specifying both OnExitCodes and OnPodConditions is not supported"
            errors.invalid(path, rule, detail)


def _check_job_update(spec: dict[str, Any], old: Manifest, errors: Errors) -> None:
    """What of a Job may change (ValidateJobSpecUpdate): the size of an elastic indexed one, a new one's aim."""
    was = old["spec"]
    is_elastic = spec.get("completionMode") == "Indexed" and spec.get("completions") == spec.get("parallelism")
    if spec.get("completions") != was.get("completions") and not is_elastic:
        is_indexed = spec.get("completionMode") == "Indexed"
        detail = "can only be modified in tandem with parallelism" if is_indexed else IMMUTABLE
        errors.invalid("spec.completions", spec.get("completions"), detail)
    errors.immutable("spec.selector", spec.get("selector"), was.get("selector"))
    has_started = manifests.get(old, "status", "startTime") is not None
    template, before = _without_directives(spec, was, is_free=bool(was.get("suspend")) and not has_started)
    errors.immutable("spec.template", template, before)
    for field in ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"):
        errors.immutable(f"spec.{field}", spec.get(field), was.get(field))


def _without_directives(spec: dict[str, Any], was: dict[str, Any], *, is_free: bool) -> tuple[Any, Any]:
    """Both templates, without what may change while a Job has never run: where its Pods go, and what they ask for."""
    found = []
    for one in (spec, was):
        template = one.get("template") or {}
        inner = dict(template.get("spec") or {})
        metadata = dict(template.get("metadata") or {})
        if is_free:
            for field in ("nodeSelector", "affinity", "tolerations", "schedulingGates"):
                inner.pop(field, None)
            for field in ("labels", "annotations"):
                metadata.pop(field, None)
            for field in ("containers", "initContainers"):
                if field in inner:
                    inner[field] = [{**container, "resources": {}} for container in inner[field]]
        found.append({**template, "metadata": metadata, "spec": inner})
    return found[0], found[1]


def check_cron_job(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    del old
    schedule = manifests.get(manifest, "spec", "schedule", default="")
    if not schedule:
        errors.required("spec.schedule")
    elif not schedule.startswith("@") and len(schedule.split()) != 5:
        detail = f"expected exactly 5 fields, found {len(schedule.split())}: [{' '.join(schedule.split())}]"
        errors.invalid("spec.schedule", schedule, detail)
    policy = manifests.get(manifest, "spec", "concurrencyPolicy")
    if policy not in ("Allow", "Forbid", "Replace"):
        errors.unsupported("spec.concurrencyPolicy", policy, ("Allow", "Forbid", "Replace"))
    spec = manifests.get(manifest, "spec", "jobTemplate", "spec", "template", "spec")
    pods.check_spec(spec, "spec.jobTemplate.spec.template.spec", errors)
    if manifests.get(spec, "restartPolicy") == "Always":
        detail = 'valid values: "OnFailure", "Never"'
        errors.required("spec.jobTemplate.spec.template.spec.restartPolicy", detail)
