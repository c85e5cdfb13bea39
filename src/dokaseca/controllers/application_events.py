"""Which Applications an event concerns: the index from repositories, projects and clusters to Application keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dokaseca.engine import dependencies
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest


@dataclass(slots=True)
class Index:
    """Who uses what, kept current as Applications come and go."""

    by_repository: dict[str, set[NamespacedName]] = field(default_factory=dict)
    by_project: dict[str, set[NamespacedName]] = field(default_factory=dict)
    by_cluster: dict[str, set[NamespacedName]] = field(default_factory=dict)
    by_dependency: dict[str, set[NamespacedName]] = field(default_factory=dict)

    def replace(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        """Take an Application's change into account."""
        for index, read in (
            (self.by_repository, repositories),
            (self.by_project, _project),
            (self.by_cluster, _cluster),
            (self.by_dependency, _dependencies),
        ):
            before = read(old) if old is not None else frozenset()
            after = read(new) if new is not None else frozenset()
            for value in before - after:
                index[value].discard(key)
                if not index[value]:
                    del index[value]
            for value in after - before:
                index.setdefault(value, set()).add(key)


def repositories(application: Manifest) -> frozenset[str]:
    """The URLs of the Git repositories that an Application reads (chart repositories are not polled)."""
    return frozenset(
        str(source["repoURL"])
        for source in _sources(application)
        if isinstance(source, dict) and source.get("repoURL") and not source.get("chart")
    )


def concerns_engine(old: Manifest | None, new: Manifest | None) -> bool:
    """Whether a change of the Application object asks for a pass.

    The engine's own writes (its status, the operation that it begins, the refresh annotation that it takes off) do not;
    the end of an operation does, because what happened meanwhile was compared with the operation's revision.
    """
    if old is None or new is None:
        return True
    return _intent(old) != _intent(new) or _asks_refresh(old, new) or _changes_operation(old, new)


def _intent(application: Manifest) -> Mapping[str, object]:
    metadata = manifests.metadata(application)
    annotations = {
        name: value
        for name, value in manifests.annotations(application).items()
        if name != applications.REFRESH_ANNOTATION
    }
    kept = {name: metadata.get(name) for name in ("finalizers", "deletionTimestamp")}
    return {"spec": application.get("spec"), "annotations": annotations, **kept}


def _dependencies(application: Manifest) -> frozenset[str]:
    return frozenset(str(one) for one in dependencies.names(application))


def concerns_dependents(old: Manifest | None, new: Manifest | None) -> bool:
    """Whether those that depend on the Application must look again: it came, went, or stands otherwise."""
    if old is None or new is None:
        return True
    revisions = [manifests.get(one, "status", "sync", "revision") for one in (old, new)]
    return dependencies.is_ready(old) != dependencies.is_ready(new) or revisions[0] != revisions[1]


def _asks_refresh(old: Manifest, new: Manifest) -> bool:
    asked = manifests.annotations(new).get(applications.REFRESH_ANNOTATION)
    return bool(asked) and asked != manifests.annotations(old).get(applications.REFRESH_ANNOTATION)


def _changes_operation(old: Manifest, new: Manifest) -> bool:
    before, after = (manifests.get(one, "status", "operationState", default={}) for one in (old, new))
    if after.get("phase") == "Terminating" != before.get("phase"):
        return True
    if new.get("operation") == old.get("operation"):
        return False
    has_begun = after.get("phase") == "Running" and after.get("operation") == new.get("operation")
    return not has_begun


def _sources(application: Manifest) -> Iterable[object]:
    spec = manifests.get(application, "spec", default={})
    many = spec.get("sources")
    if isinstance(many, list) and many:
        return many
    return [spec["source"]] if spec.get("source") else []


def _project(application: Manifest) -> frozenset[str]:
    return frozenset({str(manifests.get(application, "spec", "project", default="") or "default")})


def _cluster(application: Manifest) -> frozenset[str]:
    """Both ways of naming a destination, as `name:x` and `server:x`."""
    destination = manifests.get(application, "spec", "destination", default={})
    return frozenset(f"{how}:{str(destination[how]).rstrip('/')}" for how in ("name", "server") if destination.get(how))
