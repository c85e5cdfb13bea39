"""A change in Git, followed from ApplicationSets to the manifests of every cluster, from files alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dokaseca.flow.diff import rendered, summary
from dokaseca.flow.diff.danger import Danger
from dokaseca.flow.diff.rendered import ObjectChange
from dokaseca.flow.diff.summary import ApplicationChange, Report
from dokaseca.kit import redact
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, UserError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.runtime import parallel
from dokaseca.wiring.offline.cluster_files import NAMESPACE
from dokaseca.wiring.preview_expand import Found, Side, side
from dokaseca.wiring.preview_files import Files
from dokaseca.wiring.preview_points import Compared, points
from dokaseca.wiring.preview_render import Objects, Renderer

AT_A_TIME = 4  # two for Kustomize, one for Helm, one that reads files
_OPTIONS = "argocd.argoproj.io/sync-options"

Progress = Callable[[int, int], None]
"""Told how many Applications are compared, and how many there are."""


async def preview(
    compared: Compared, renderer: Renderer, note: Callable[[str], None], progress: Progress = lambda *_: None
) -> Report:
    """What changes from base to head.

    Raises:
        UserError: an input is not there.
    """
    files = Files()
    base_point, head_point = points(compared, note)
    base = await side(base_point, compared.paths, files, renderer, None)
    head = await side(head_point, compared.paths, files, renderer, base)
    if not (base.found or head.found or base.errors or head.errors):
        shown = ", ".join(str(path) for path in compared.paths)
        raise UserError(
            f"{shown} holds neither an ApplicationSet nor an Application, neither at {base.point.name} nor at "
            f"{head.point.name}",
            reason="NoApplications",
        )
    comparison = _Comparison(base, head, renderer)
    keys = comparison.keys()
    done = 0

    async def one(key: NamespacedName) -> ApplicationChange | None:
        nonlocal done
        change = await comparison.change_or_none(key)
        done += 1
        progress(done, len(keys))
        return change

    changes = [change for change in await parallel.each(keys, one, width=AT_A_TIME) if change is not None]
    return Report(
        applications=summary.with_moves(changes),
        unchanged_count=len(keys) - len(changes),
        rendered_count=renderer.count,
        errors=head.errors,
        notes=[f"at base: {one}" for one in base.errors],
    )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two sides, Application by Application."""

    base: Side
    head: Side
    renderer: Renderer

    def keys(self) -> list[NamespacedName]:
        """The Applications of which both sides tell whether they are there."""
        before, after = self.base.parents, self.head.parents
        gone = {key for key, one in self.base.found.items() if not self.head.knows(one, before)}
        new = {key for key, one in self.head.found.items() if not self.base.knows(one, after)}
        unknown = (gone - self.head.found.keys()) | (new - self.base.found.keys())
        return sorted({*self.base.found, *self.head.found} - unknown)

    async def change_or_none(self, key: NamespacedName) -> ApplicationChange | None:
        old, new = self.base.found.get(key), self.head.found.get(key)
        if old is not None and new is not None and old.manifest == new.manifest and self._is_fixed(new):
            return None if not new.problem else _change(key, old, new, error=new.problem)
        if old is not None and new is not None and old.place == new.place and _same_objects(old, new):
            return None if _alike(old, new) else _change(key, old, new)
        before, base_error = await self._objects(old)
        after, error = await self._objects(new)
        if error:
            return _change(key, old, new, error=error)
        objects = rendered.compare(before, after, _keeper(old, new))
        if not objects and not base_error and old is not None and new is not None and _alike(old, new):
            return None
        return _change(key, old, new, tuple(objects), base_error=base_error)

    def _is_fixed(self, found: Found) -> bool:
        """Whether no repository that it reads changes."""
        sources = found.application.sources if found.application else ()
        return all(one.chart or self.head.point.is_fixed(one.repo_url, one.target_revision) for one in sources)

    async def _objects(self, found: Found | None) -> tuple[Objects, str]:
        """The objects of one side, or why they are not known."""
        if found is None or found.application is None:
            return {}, found.problem if found else ""
        prepared = found.prepared
        error = found.problem or prepared.error
        if error or prepared.objects is not None or prepared.request is None:
            return prepared.objects or {}, error
        try:
            return await self.renderer.objects(found.application, prepared.request), ""
        except DokaSecaError as failure:
            return {}, redact.text(str(failure))


def _same_objects(old: Found, new: Found) -> bool:
    """Whether both are known to render to the same, in the same namespace."""
    namespaces = {one.application.destination.namespace for one in (old, new) if one.application}
    errors = [one.problem or one.prepared.error for one in (old, new)]
    return not any(errors) and len(namespaces) == 1 and old.prepared.keys == new.prepared.keys


def _change(
    key: NamespacedName,
    old: Found | None,
    new: Found | None,
    objects: tuple[ObjectChange, ...] = (),
    *,
    error: str = "",
    base_error: str = "",
) -> ApplicationChange:
    here = new or old
    assert here is not None
    destination = manifests.get(here.manifest, "spec", "destination", default={})
    cluster = here.place.name if here.place else str(manifests.get(destination, "name", default="?"))
    name = key.name if key.namespace == NAMESPACE else str(key)
    before, after = (_shown(one) if one is not None else None for one in (old, new))
    return ApplicationChange(
        name=name,
        action="create" if old is None else "delete" if new is None else "change",
        cluster=cluster,
        namespace=str(manifests.get(destination, "namespace", default="")),
        origin=here.origin,
        spec_diff=rendered.unified(before, after, f"Application {name}") if before != after else "",
        objects=objects,
        dangers=tuple(_dangers(old, new)),
        error=error,
        base_error=base_error,
    )


def _shown(found: Found) -> Manifest:
    return {name: value for name, value in found.manifest.items() if name != "status"}


def _alike(old: Found, new: Found) -> bool:
    return _shown(old) == _shown(new)


def _dangers(old: Found | None, new: Found | None) -> Iterator[Danger]:
    """What is dangerous about an Application itself."""
    if old is None or old.place is None:
        return
    if new is None:
        if applications.FINALIZER in manifests.metadata(old.manifest).get("finalizers", ()):
            yield Danger("application-deleted", "danger", f"it is deleted, and all its objects on {old.place.name}")
        else:
            yield Danger("application-deleted", "warning", "it is deleted; its objects stay, and nobody owns them")
    elif new.place is not None and new.place.name != old.place.name:
        message = f"it moves from {old.place.name} to {new.place.name}: its objects stay behind on {old.place.name}"
        yield Danger("destination-changed", "danger", message, "spec.destination")


def _keeper(old: Found | None, new: Found | None) -> Callable[[Manifest], str]:
    """Why an object that Git no longer has stays; what Argo CD and this platform prune and delete (B9)."""
    here = new or old
    application = here.application if here is not None else None
    finalizers = manifests.metadata(here.manifest).get("finalizers") or () if here is not None else ()

    def kept(manifest: Manifest) -> str:
        options = [one.strip() for one in manifests.annotations(manifest).get(_OPTIONS, "").split(",")]
        if new is None:
            if applications.FINALIZER not in finalizers:
                return "stays: the Application has no finalizer"
            return "stays: Delete=false" if "Delete=false" in options else ""
        if "Prune=false" in options:
            return "stays: Prune=false"
        if application is None or application.automated is None or not application.automated.prune:
            return "stays until somebody syncs with prune: automated pruning is off"
        return ""

    return kept
