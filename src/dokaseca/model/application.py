"""An Argo CD Application, read: the fields that the engine acts on, defaults applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.kit import durations, redact
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupVersionKind, NamespacedName
from dokaseca.model.manifest import Manifest

GVK = GroupVersionKind("argoproj.io", "v1alpha1", "Application")
FINALIZER = "resources-finalizer.argocd.argoproj.io"
REFRESH_ANNOTATION = "argocd.argoproj.io/refresh"
MOST_IGNORED = 500  # entries of ignoreDifferences: each is held against each object
MOST_FACTOR = 1000  # of a backoff: what is greater is a slip of the finger
IN_CLUSTER_SERVER = "https://kubernetes.default.svc"


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of `spec.source(s)`; `spec` is the JSON as written."""

    spec: Mapping[str, Any]

    @property
    def repo_url(self) -> str:
        return str(self.spec.get("repoURL") or "")

    @property
    def path(self) -> str:
        return str(self.spec.get("path") or "")

    @property
    def target_revision(self) -> str:
        return str(self.spec.get("targetRevision") or "")

    @property
    def chart(self) -> str:
        return str(self.spec.get("chart") or "")

    @property
    def ref(self) -> str:
        return str(self.spec.get("ref") or "")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where objects go: exactly one of `server` and `name` is set."""

    server: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Automated:
    """`spec.syncPolicy.automated`, when on."""

    prune: bool = False
    self_heal: bool = False
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """`spec.syncPolicy.retry`, with Argo CD's defaults; `limit` -1 means for ever."""

    limit: int = 0
    duration_seconds: float = 5.0
    factor: float = 2.0
    max_duration_seconds: float = 180.0

    def delay_seconds(self, attempt: int) -> float:
        """The wait before retry number `attempt` (0 is the first)."""
        return float(min(self.max_duration_seconds, self.duration_seconds * self.factor ** min(attempt, 32)))


@dataclass(frozen=True, slots=True)
class Application:
    """The view; `manifest` is the object it was read from."""

    manifest: Manifest
    key: NamespacedName
    project: str
    sources: tuple[Source, ...]
    is_multi_source: bool
    destination: Destination
    automated: Automated | None
    sync_options: tuple[str, ...]
    retry: Retry
    ignore_differences: tuple[Mapping[str, Any], ...]
    namespace_metadata: Mapping[str, Any] | None
    history_limit: int

    @property
    def status(self) -> Mapping[str, Any]:
        value = self.manifest.get("status")
        return value if isinstance(value, dict) else {}

    @property
    def operation(self) -> Mapping[str, Any] | None:
        """The requested operation that no controller has finished yet."""
        value = self.manifest.get("operation")
        return value if isinstance(value, dict) else None

    @property
    def refresh(self) -> str:
        """`normal`, `hard` or empty: what the refresh annotation asks for."""
        return manifests.annotations(self.manifest).get(REFRESH_ANNOTATION, "")

    @property
    def instance(self) -> str:
        """The name that tracking ids carry: `<namespace>_<name>` outside the control-plane namespace."""
        return instance(self.key)


def instance(key: NamespacedName) -> str:
    """The name under which an Application tracks its objects."""
    return key.name if key.namespace == "argocd" else f"{key.namespace}_{key.name}"


def view(manifest: Manifest) -> Application:
    """Read an Application.

    Raises:
        UserError: reason InvalidSpecError: no source, no destination or both kinds of it, a malformed retry, a field of
            the wrong type.
    """
    key = NamespacedName(manifests.namespace(manifest), manifests.name(manifest))
    spec = manifest.get("spec")
    if not isinstance(spec, dict):
        raise _invalid(key, "spec is missing")
    policy = _mapping(key, spec, "syncPolicy")
    multi = _list(key, spec, "sources")
    sources = multi or ([spec["source"]] if spec.get("source") is not None else [])
    if not sources:
        raise _invalid(key, "spec has neither a source nor sources")
    return Application(
        manifest=manifest,
        key=key,
        project=str(spec.get("project") or "default"),
        sources=tuple(_source(key, one) for one in sources),
        is_multi_source=bool(multi),
        destination=_destination(key, _mapping(key, spec, "destination")),
        automated=_automated(policy.get("automated")),
        sync_options=tuple(str(option) for option in _list(key, policy, "syncOptions")),
        retry=_retry(key, policy),
        ignore_differences=_ignored_differences(key, spec),
        namespace_metadata=_mapping(key, policy, "managedNamespaceMetadata") or None,
        history_limit=_history_limit(key, spec.get("revisionHistoryLimit")),
    )


def leaving(manifest: Manifest) -> Application:
    """An Application that is being deleted: what that needs, however wrong the rest of its spec is."""
    key = NamespacedName(manifests.namespace(manifest), manifests.name(manifest))
    spec = manifests.get(manifest, "spec", default={})
    destination = manifests.get(spec, "destination", default={})
    options = manifests.get(spec, "syncPolicy", "syncOptions", default=[])
    return Application(
        manifest=manifest,
        key=key,
        project=str(manifests.get(spec, "project", default="") or "default"),
        sources=(),
        is_multi_source=False,
        destination=Destination(
            *(str(manifests.get(destination, part, default="")) for part in ("server", "name", "namespace"))
        ),
        automated=None,
        sync_options=tuple(str(option) for option in options) if isinstance(options, list) else (),
        retry=Retry(limit=0),
        ignore_differences=(),
        namespace_metadata=None,
        history_limit=0,
    )


def _history_limit(key: NamespacedName, value: Any) -> int:
    if value is None:
        return 10
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _invalid(key, "revisionHistoryLimit must be a whole number, 0 or more")
    return value


def _ignored_differences(key: NamespacedName, spec: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    entries = _list(key, spec, "ignoreDifferences")
    if len(entries) > MOST_IGNORED:
        raise _invalid(key, f"ignoreDifferences has {len(entries)} entries and may have {MOST_IGNORED}; use globs")
    return tuple(_ignored(key, one) for one in entries)


def _ignored(key: NamespacedName, entry: Any) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise _invalid(key, "an entry of ignoreDifferences is not a mapping")
    for field in ("jsonPointers", "jqPathExpressions", "managedFieldsManagers"):
        _list(key, entry, field)
    return entry


def _source(key: NamespacedName, spec: Any) -> Source:
    if not isinstance(spec, dict) or not spec.get("repoURL"):
        raise _invalid(key, "a source has no repoURL")
    if not (spec.get("path") or spec.get("chart") or spec.get("ref")):
        raise _invalid(key, f"source {redact.text(str(spec['repoURL']))} needs a path, a chart or a ref")
    return Source(spec)


def _destination(key: NamespacedName, spec: Mapping[str, Any]) -> Destination:
    server, name = str(spec.get("server") or "").rstrip("/"), str(spec.get("name") or "")
    if server and name:
        raise _invalid(key, f"destination has both a server ({server}) and a name ({name}); keep one")
    if not server and not name:
        raise _invalid(key, "destination needs a server or a name")
    return Destination(server, name, str(spec.get("namespace") or ""))


def _automated(spec: Any) -> Automated | None:
    if not isinstance(spec, dict) or spec.get("enabled") is False:
        return None
    return Automated(
        prune=spec.get("prune") is True,
        self_heal=spec.get("selfHeal") is True,
        allow_empty=spec.get("allowEmpty") is True,
    )


def _retry(key: NamespacedName, policy: Mapping[str, Any]) -> Retry:
    if policy.get("retry") is None:
        return Retry(limit=5)  # what Argo CD uses for automated operations without a retry block
    spec = _mapping(key, policy, "retry")
    backoff = _mapping(key, spec, "backoff")
    try:
        retry = Retry(
            limit=int(spec.get("limit") or 0),
            duration_seconds=durations.parse_seconds(str(backoff.get("duration") or "5s")),
            factor=float(backoff.get("factor") or 2),
            max_duration_seconds=durations.parse_seconds(str(backoff.get("maxDuration") or "3m")),
        )
    except (TypeError, ValueError) as error:
        raise _invalid(key, f"syncPolicy.retry: {error}") from error
    if not (retry.duration_seconds >= 0 and retry.max_duration_seconds >= 0 and 0 < retry.factor <= MOST_FACTOR):
        raise _invalid(key, f"syncPolicy.retry: durations begin at 0, the factor lies between 0 and {MOST_FACTOR}")
    return retry


def _mapping(key: NamespacedName, spec: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = spec.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _invalid(key, f"{field} must be a mapping")
    return value


def _list(key: NamespacedName, spec: Mapping[str, Any], field: str) -> list[Any]:
    value = spec.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _invalid(key, f"{field} must be a list")
    return value


def _invalid(key: NamespacedName, message: str) -> UserError:
    return UserError(
        f"{message}; correct the Application's spec", reason="InvalidSpecError", subject=f"Application {key}"
    )
