"""An ApplicationSet, read: names, policies and the words that its status uses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupVersionKind, NamespacedName
from dokaseca.model.manifest import Manifest

GVK = GroupVersionKind("argoproj.io", "v1alpha1", "ApplicationSet")
FINALIZER = "resources-finalizer.argocd.argoproj.io"
REFRESH_ANNOTATION = "argocd.argoproj.io/application-set-refresh"
CLUSTER_SECRET_LABEL = "argocd.argoproj.io/secret-type"  # noqa: S105 a label's name
IN_CLUSTER_SERVER = "https://kubernetes.default.svc"
IN_CLUSTER_NAME = "in-cluster"
GENERATOR_KINDS = (  # the order in which one entry's generators run
    "list",
    "clusters",
    "git",
    "scmProvider",
    "clusterDecisionResource",
    "pullRequest",
    "matrix",
    "merge",
    "plugin",
)


class ConditionType(StrEnum):
    """`status.conditions[].type`."""

    ERROR_OCCURRED = "ErrorOccurred"
    PARAMETERS_GENERATED = "ParametersGenerated"
    RESOURCES_UP_TO_DATE = "ResourcesUpToDate"
    ROLLOUT_PROGRESSING = "RolloutProgressing"
    INVALID_ROLLOUT_CONFIG = "InvalidRolloutConfig"
    DELETION_HELD = "DeletionHeld"  # ours: deletions wait for a person


class Reason(StrEnum):
    """`status.conditions[].reason`."""

    ERROR_OCCURRED = "ErrorOccurred"
    UP_TO_DATE = "ApplicationSetUpToDate"
    PARAMETERS_GENERATED = "ParametersGenerated"
    UPDATE_ERROR = "UpdateApplicationError"
    GENERATION_ERROR = "ApplicationGenerationFromParamsError"
    RENDER_ERROR = "RenderTemplateParamsError"
    CREATE_ERROR = "CreateApplicationError"
    DELETE_ERROR = "DeleteApplicationError"
    REFRESH_ERROR = "RefreshApplicationError"
    VALIDATION_ERROR = "ApplicationValidationError"
    MODIFIED = "ApplicationSetModified"
    ROLLOUT_COMPLETE = "ApplicationSetRolloutComplete"
    ROLLOUT_ERROR = "ApplicationSetRolloutError"
    INVALID_ROLLOUT = "ApplicationSetInvalidRolloutConfig"
    VALID_ROLLOUT = "ApplicationSetValidRolloutConfig"
    DELETION_BUDGET = "DeletionBudgetExceeded"  # ours, with DeletionHeld, as the next two
    PLATFORM_BUDGET = "PlatformDeletionBudgetExceeded"
    EMPTY_SOURCE = "EmptySource"


class Policy(StrEnum):
    """What an ApplicationSet may do to its Applications (`syncPolicy.applicationsSync`)."""

    SYNC = "sync"
    CREATE_ONLY = "create-only"
    CREATE_UPDATE = "create-update"
    CREATE_DELETE = "create-delete"

    @property
    def may_update(self) -> bool:
        return self in (Policy.SYNC, Policy.CREATE_UPDATE)

    @property
    def may_delete(self) -> bool:
        return self in (Policy.SYNC, Policy.CREATE_DELETE)


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """One entry of `spec.ignoreApplicationDifferences`; an empty `name` means all Applications."""

    name: str
    json_pointers: tuple[str, ...]
    jq_path_expressions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The fields that decide, defaults applied. `manifest` stays the source of everything else."""

    manifest: Manifest
    go_template: bool
    go_template_options: tuple[str, ...]
    generators: tuple[dict[str, Any], ...]
    template: dict[str, Any]
    template_patch: str | None
    preserve_resources_on_deletion: bool
    policy: Policy
    preserved_annotations: frozenset[str]
    preserved_labels: frozenset[str]
    ignore_rules: tuple[IgnoreRule, ...]

    @property
    def name(self) -> str:
        return manifests.name(self.manifest)

    @property
    def namespace(self) -> str:
        return manifests.namespace(self.manifest)

    @property
    def key(self) -> NamespacedName:
        return NamespacedName(self.namespace, self.name)

    @property
    def subject(self) -> str:
        """How messages name it."""
        return f"ApplicationSet {self.key}"


def view(manifest: Manifest) -> View:
    """The ApplicationSet in `manifest`.

    Raises:
        UserError: a field has the wrong type, or a value that does not exist.
    """
    subject = f"ApplicationSet {manifests.namespace(manifest)}/{manifests.name(manifest)}"
    spec = _mapping(manifest.get("spec"), "spec", subject)
    sync_policy = _mapping(spec.get("syncPolicy"), "spec.syncPolicy", subject)
    preserved = _mapping(spec.get("preservedFields"), "spec.preservedFields", subject)
    patch = spec.get("templatePatch")
    if patch is not None and not isinstance(patch, str):
        raise UserError("spec.templatePatch must be a string", subject=subject)
    return View(
        manifest=manifest,
        go_template=_flag(spec.get("goTemplate"), "spec.goTemplate", subject),
        go_template_options=tuple(map(str, _list(spec.get("goTemplateOptions"), "spec.goTemplateOptions", subject))),
        generators=tuple(
            _mapping(entry, f"spec.generators[{number}]", subject)
            for number, entry in enumerate(_list(spec.get("generators"), "spec.generators", subject))
        ),
        template=_mapping(spec.get("template"), "spec.template", subject),
        template_patch=patch,
        preserve_resources_on_deletion=_flag(
            sync_policy.get("preserveResourcesOnDeletion"), "spec.syncPolicy.preserveResourcesOnDeletion", subject
        ),
        policy=_policy(sync_policy.get("applicationsSync"), subject),
        preserved_annotations=frozenset(map(str, _list(preserved.get("annotations"), "preservedFields", subject))),
        preserved_labels=frozenset(map(str, _list(preserved.get("labels"), "preservedFields", subject))),
        ignore_rules=_ignore_rules(spec.get("ignoreApplicationDifferences"), subject),
    )


def _policy(value: Any, subject: str) -> Policy:
    try:
        return Policy(value or "sync")
    except ValueError:
        allowed = ", ".join(Policy)
        raise UserError(f"spec.syncPolicy.applicationsSync must be one of {allowed}", subject=subject) from None


def _ignore_rules(value: Any, subject: str) -> tuple[IgnoreRule, ...]:
    field = "spec.ignoreApplicationDifferences"
    entries = [_mapping(entry, field, subject) for entry in _list(value, field, subject)]
    return tuple(
        IgnoreRule(
            str(entry.get("name") or ""),
            tuple(map(str, _list(entry.get("jsonPointers"), field, subject))),
            tuple(map(str, _list(entry.get("jqPathExpressions"), field, subject))),
        )
        for entry in entries
    )


def _flag(value: Any, field: str, subject: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise UserError(f"{field} must be true or false, without quotes", subject=subject)


def _mapping(value: Any, field: str, subject: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError(f"{field} must be a mapping", subject=subject)
    return value


def _list(value: Any, field: str, subject: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise UserError(f"{field} must be a list", subject=subject)
    return value
