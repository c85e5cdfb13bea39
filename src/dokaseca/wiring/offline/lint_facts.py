"""Facts for the lint of the bridge: what files say, read, resolved and placed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dokaseca.bridge import hcl
from dokaseca.bridge.lint.facts import FLAG, ApplicationSet, Cluster, Facts
from dokaseca.bridge.places import Place
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.generators.context import TreeOf
from dokaseca.generate.templates.gotemplate.values import StringMap
from dokaseca.kit.clock import SystemClock
from dokaseca.model import manifest as manifests
from dokaseca.model.application import IN_CLUSTER_SERVER
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Tree
from dokaseca.wiring.offline import cluster_files, lint_paths, lint_sets, marked_sets, repositories
from dokaseca.wiring.offline.cluster_files import Clusters
from dokaseca.wiring.offline.folder_tree import FolderTree
from dokaseca.wiring.offline.lint_sets import Around
from dokaseca.wiring.offline.marked_sets import MarkedSet
from dokaseca.wiring.offline.memo_tree import Known, MemoTree
from dokaseca.wiring.offline.preview import Progress
from dokaseca.wiring.offline.repositories import Repositories

ORDER: Final = (  # in which versions reach environments, by the names that people give them
    *("dev", "development", "test", "testing", "qa", "int", "integration"),
    *("stg", "stage", "staging", "uat", "preprod", "prod", "production", "live"),
)
_ROOT_LEVELS = 4  # between an addons repository's ApplicationSets and its root


@dataclass(frozen=True, slots=True)
class LintInputs:
    """What is linted.

    Attributes:
        folders: files and folders of ApplicationSets, each a repository or part of one.
        clusters: tfvars, platform files, Secrets.
        terraform: files and folders of Terraform code that declares flags.
        repositories: `URL=FOLDER` each.
        environments: in promotion order; empty takes those that are known by name.
    """

    folders: Sequence[Path]
    clusters: Sequence[Path] = ()
    terraform: Sequence[Path] = ()
    repositories: Sequence[str] = ()
    environments: Sequence[str] = ()


@dataclass(slots=True)
class Gathered:
    """Facts, and what there is to say about the way to them.

    Attributes:
        texts: content of every file that a finding can point to.
        problems: files that cannot be read; errors.
        notes: what was assumed or left out.
    """

    facts: Facts
    texts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def gather(given: LintInputs, progress: Progress = lambda *_: None) -> Gathered:
    """Everything that rules look at.

    Raises:
        UserError: an input is not there, or wrong as a whole.
    """
    found = marked_sets.read(given.folders)
    clusters = cluster_files.read(given.clusters) if given.clusters else Clusters()
    gathered = Gathered(Facts((), ()), dict(found.texts), found.problems, [str(one) for one in clusters.notes])
    for one in clusters.registered:
        gathered.texts.setdefault(one.file, _text(Path(one.file)))
    declared = _declared(given.terraform, gathered.texts)
    around = Around(
        clusters=_everything_on(clusters, found.sets),
        known=clusters,
        tree=_remembering(_trees(given, found.sets, clusters)),
        clock=SystemClock(),
    )
    sets: list[ApplicationSet] = []
    for done, each in enumerate(found.sets):
        progress(done, len(found.sets), sum(len(one.generated) for one in sets))
        sets.append(await lint_sets.read(each, around))
    gathered.notes += [
        f"{one.place}: not all rules can look at {one.name}: {one.failure}" for one in sets if one.failure
    ]
    known = tuple(_cluster(one) for one in clusters.registered)
    gathered.facts = Facts(tuple(sets), known, declared, _environments(given, known, sets), tuple(found.taken_twice))
    return gathered


def _cluster(one: cluster_files.Registered) -> Cluster:
    secret = one.secret
    return Cluster(
        name=secret.name,
        file=one.file,
        labels=secret.labels,
        annotations=secret.annotations,
        places=one.places,
        vocabulary=one.vocabulary,
        is_hub=secret.server == IN_CLUSTER_SERVER,
    )


def _environments(given: LintInputs, clusters: Iterable[Cluster], sets: Iterable[ApplicationSet]) -> tuple[str, ...]:
    if given.environments:
        return tuple(given.environments)
    present = {one.environment for one in clusters} | {one.environment for each in sets for one in each.generated}
    return tuple(name for name in ORDER if name in present)


def _everything_on(clusters: Clusters, sets: Sequence[MarkedSet]) -> list[ClusterSecret]:
    """The clusters with every flag on, and with whatever else base selectors ask for and nobody sets: so that every
    ApplicationSet generates, and shows what it would do. Without clusters, one for each environment that is named."""
    secrets = {one.name: one.secret for one in clusters.registered} or {
        name: ClusterSecret(name, f"https://{name}.clusters.invalid", labels=StringMap(environment=name, env=name))
        for name in _named_environments(sets) or ["cluster"]
    }
    wanted = dict(pair for each in sets for pair in lint_sets.wanted_labels(each))
    known = {label for secret in secrets.values() for label in secret.labels}
    added = {label: value for label, value in wanted.items() if label.startswith(FLAG) or label not in known}
    return [dataclasses.replace(secret, labels=StringMap({**secret.labels, **added})) for secret in secrets.values()]


def _named_environments(sets: Sequence[MarkedSet]) -> list[str]:
    return sorted({name for each in sets for name in lint_sets.environments(each)})


def _remembering(repositories: Repositories) -> TreeOf:
    """Trees whose folders are listed once: hundreds of ApplicationSets ask for the same ones."""
    known: dict[int, MemoTree] = {}

    async def tree(url: str, revision: str) -> Tree:
        found = await repositories.tree(url, revision)
        return known.setdefault(id(found), MemoTree(found, Known()))

    return tree


def _trees(given: LintInputs, sets: Sequence[MarkedSet], clusters: Clusters) -> Repositories:
    """The folders that are linted, under every URL by which clusters and Git know them."""
    folders: dict[str, Path] = {}
    for folder in given.folders:
        root = _root_or_none(folder.absolute(), sets)
        if root is None:
            continue
        for one in clusters.registered:
            url = manifests.annotations(one.manifest).get("addons_repo_url")
            if url:
                folders.setdefault(url, root)
        for url in repositories.remote_urls(root) if repositories.is_repository(root) else ():
            folders.setdefault(url, root)
        folders.setdefault(lint_paths.OWN_REPOSITORY, root)
    return Repositories({**folders, **repositories.parse(given.repositories)}, is_worktree=True)


def _root_or_none(folder: Path, sets: Sequence[MarkedSet]) -> Path | None:
    """The root of the repository that a folder belongs to: the nearest folder around that has what value files name
    first, for a repository may be kept inside another; else what Git says."""
    around = repositories.enclosing_or_none(folder)
    named = {name for each in sets for name in lint_sets.first_folders(each)}
    for candidate in [folder, *folder.parents][: _ROOT_LEVELS + 1]:
        if any((candidate / name).is_dir() for name in named):
            return candidate
        if candidate == around:
            break
    return around or (folder if not named and folder.is_dir() else None)


def _declared(given: Sequence[Path], texts: dict[str, str]) -> dict[str, Place]:
    """The flags in `locals` of Terraform code: what becomes a label whether or not somebody sets it."""
    found: dict[str, Place] = {}
    for path in given:
        files = [path] if path.is_file() else [path / one for one in _terraform_files(path)]
        for file in files:
            content = cluster_files.read_file(file, limit_bytes=hcl.FILE_BYTES)
            body = hcl.read(content, subject=str(file))
            texts[str(file)] = content.decode()
            for block in body.blocks:
                if block.type == "locals":
                    for where, line in block.body.lines.items():
                        if len(where) > 1 and str(where[-1]).startswith(FLAG):
                            found.setdefault(str(where[-1]), Place(str(file), line))
    return found


def _terraform_files(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise UserError(f"there is no file or folder {folder}", reason="FileNotReadable")
    tree = FolderTree(folder)
    found = [entry.path for entry in tree.walk("") if entry.kind == "blob" and entry.path.endswith(".tf")]
    if not found:
        raise UserError(f"{folder} holds no .tf file", reason="FileNotReadable")
    return found


def _text(file: Path) -> str:
    try:
        return cluster_files.read_file(file).decode(errors="replace") if file.is_file() else ""
    except UserError:  # a pipe that has been read: nobody can point into it
        return ""
