"""Everything that runs at one point: Applications from files, of ApplicationSets, and of other Applications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dokaseca.flow.render import run
from dokaseca.flow.render.request import RenderRequest
from dokaseca.kit import redact
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.errors import DokaSecaError, UserError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import preview_memory
from dokaseca.wiring.offline import preview as generation
from dokaseca.wiring.offline.cluster_files import NAMESPACE
from dokaseca.wiring.offline.folder_tree import FolderTree
from dokaseca.wiring.offline.set_files import SetFile
from dokaseca.wiring.preview_files import Files, is_wanted, with_namespace
from dokaseca.wiring.preview_points import Point, inside, root_or_none
from dokaseca.wiring.preview_render import Objects, Place, Renderer, place

DEPTH = 4  # of Applications that hold Applications: nobody has been seen to use more than three


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an Application would be rendered from.

    Attributes:
        keys: of the cache; equal keys, equal objects.
        asked: what was looked up in the repositories that change; None where the revision itself counts.
        objects: where it had to be rendered, to see whether it holds Applications.
    """

    request: RenderRequest | None = None
    keys: tuple[str, ...] = ()
    asked: Mapping[Path, Mapping[str, str]] | None = None
    error: str = ""
    objects: Objects | None = None


@dataclass(slots=True)
class Found:
    """One Application, and where it comes from.

    Attributes:
        origin: its ApplicationSet, else as `file`.
        file: that holds it or its ApplicationSet; `Application x` where that renders it.
    """

    manifest: Manifest
    origin: str
    file: str
    application: Application | None = None
    place: Place | None = None
    problem: str = ""
    prepared: Prepared = Prepared()


@dataclass(slots=True)
class Side:
    """Everything of one point.

    Attributes:
        unknown: origins that gave nothing because of an error: what they would have given is not gone.
        errors: what is wrong, apart from single Applications.
    """

    point: Point
    found: dict[NamespacedName, Found] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def knows(self, one: Found, parents: Mapping[str, Found]) -> bool:
        """Whether an Application of the other side would be here, were it there: nothing above it has failed here.

        Args:
            parents: of the other side.
        """
        for _ in range(DEPTH + 1):
            if one.origin in self.unknown or one.file in self.unknown:
                return False
            parent = parents.get(one.file)
            if parent is None:
                return True
            one = parent
        return True

    @property
    def parents(self) -> dict[str, Found]:
        """Applications by how their children call them."""
        return {_called(key): one for key, one in self.found.items()}


async def side(point: Point, paths: Sequence[Path], files: Files, renderer: Renderer, before: Side | None) -> Side:
    """Expand what lies at `paths`, and what that renders, down to `DEPTH`.

    Args:
        before: the other side where it is known: what is equal there is not worked out again.
    """
    result = Side(point)
    level = [one for path in paths for one in _read(point, path, files, result.errors)]
    for depth in range(DEPTH + 1):
        new = await _expand(level, result)
        for one in new:
            one.prepared = _same_or_none(one, point, before) or await _prepare(one, point, renderer)
        if depth == DEPTH:
            break
        level = [child for one in new for child in _children(one, result)]
        if not level:
            break
    return result


def _read(point: Point, path: Path, files: Files, problems: list[str]) -> list[SetFile]:
    root = root_or_none(path, point)
    if root is not None:
        return files.of_tree(point.trees[root], inside(path, root), path, problems)
    if path.is_dir():
        return files.of_tree(FolderTree(path), "", path, problems)
    if not path.is_file():
        raise UserError(f"there is no file or folder {path}", reason="FileNotReadable")
    return files.of_tree(FolderTree(path.absolute().parent), path.name, path, problems)


async def _expand(level: Sequence[SetFile], result: Side) -> list[Found]:
    """The Applications of a level that are new: of two of one name the first counts."""
    new: list[Found] = []
    sets = [one for one in level if one.manifest.get("kind") == "ApplicationSet"]
    generated = await generation.preview(sets, result.point.world)
    for failed in generated.failed:
        result.unknown.add(_origin(failed.source))
        result.errors.append(f"{failed.source.place}: {_origin(failed.source)}: {failed.message}")
    for each in generated.generated:
        _add(Found(each.application, _origin(each.source), each.source.file, problem=each.problem), result, new)
    for one in level:
        if one.manifest.get("kind") == "Application":
            _add(Found(one.manifest, one.file, one.file), result, new)
    return new


def _called(key: NamespacedName) -> str:
    return f"Application {key.name if key.namespace == NAMESPACE else key}"


def _origin(source: SetFile) -> str:
    return f"ApplicationSet {source.key.name}"


def _add(found: Found, result: Side, new: list[Found]) -> None:
    key = NamespacedName(manifests.namespace(found.manifest), manifests.name(found.manifest))
    if key in result.found and not (result.found[key].problem and not found.problem):
        return
    try:
        found.application = applications.view(found.manifest)
        found.place = place(found.application, result.point)
    except UserError as error:
        found.problem = found.problem or redact.text(str(error))
    result.found[key] = found
    if not found.problem:
        new.append(found)


def _same_or_none(found: Found, point: Point, before: Side | None) -> Prepared | None:
    """What the other side has found out about the same Application, if nothing that it looked up differs here."""
    application = found.application
    other = before.found.get(application.key) if before is not None and application is not None else None
    if other is None or other.manifest != found.manifest or other.place != found.place:
        return None
    asked = other.prepared.asked
    if asked is None or not all(point.trees[root].answers_like(paths) for root, paths in asked.items()):
        return None
    return other.prepared


async def _prepare(found: Found, point: Point, renderer: Renderer) -> Prepared:
    """What an Application is rendered from; its objects only where there may be Applications among them."""
    application, at = found.application, found.place
    assert application is not None
    assert at is not None
    request: RenderRequest | None = None
    keys: tuple[str, ...] = ()
    try:
        asked = {root: tree.start() for root, tree in point.trees.items()}
        request = await renderer.request(application, point, at)
        memory = preview_memory.Memory(renderer, found.manifest, at) if _is_all_changing(application, point) else None
        known = memory.recall_or_none(point) if memory is not None else None
        if known is not None:
            return Prepared(request, *known)
        inputs = run.inputs(request)
        keys = tuple(key for key, _ in inputs)
        may_hold = at.is_hub and renderer.may_hold_applications(request, inputs)
        is_revision_read = any("REVISION" in name for _, one in inputs for name in one.get("environment", ()))
        objects = await renderer.objects(application, request) if may_hold else None
    except DokaSecaError as error:
        return Prepared(request, keys, error=redact.text(str(error)))
    if is_revision_read:
        return Prepared(request, keys, objects=objects)
    if memory is not None and objects is None:
        memory.keep(keys, asked)
    return Prepared(request, keys, asked, objects=objects)


def _is_all_changing(application: Application, point: Point) -> bool:
    """Whether everything that it is rendered from is looked up in the repositories that change."""
    return not any(one.chart or point.is_fixed(one.repo_url, one.target_revision) for one in application.sources)


def _children(parent: Found, result: Side) -> list[SetFile]:
    """The Applications and ApplicationSets among the manifests of an Application of the hub."""
    application, prepared = parent.application, parent.prepared
    assert application is not None
    name = _called(application.key)
    if prepared.error:  # told where the Application itself is shown; what it would hold is not known
        result.unknown.add(name)
    return [
        SetFile(with_namespace(one, application.destination.namespace or NAMESPACE), "", name, 0)
        for one in (prepared.objects or {}).values()
        if is_wanted(one)
    ]
