"""What the ApplicationSet controller reads from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from dokaseca.generate.generators.context import TreeOf
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Caches:
    """The hub as its watches last showed it; each function takes a namespace, or a key.

    Attributes:
        application_set: one ApplicationSet, None when it is gone.
        application_sets: all of them, in all namespaces.
        cluster_secrets: the Secrets labelled `argocd.argoproj.io/secret-type: cluster`.
        projects: names of the AppProjects.
        applications: all Applications, whoever owns them.
        application: one Application, None when there is none.
        children: the Applications that an ApplicationSet controls, sorted by name.
        observe: takes an ApplicationSet or Application just written, so that the next read sees it.
        is_retiring: whether an Application's cluster is being taken down in order.
    """

    application_set: Callable[[NamespacedName], Manifest | None]
    application_sets: Callable[[], Iterable[Manifest]]
    cluster_secrets: Callable[[str], Iterable[Manifest]]
    projects: Callable[[str], Collection[str]]
    applications: Callable[[str], Iterable[Manifest]]
    application: Callable[[NamespacedName], Manifest | None]
    children: Callable[[Manifest], Sequence[Manifest]]
    observe: Callable[[Manifest], None]
    is_retiring: Callable[[Manifest], bool]


@dataclass(frozen=True, slots=True)
class Sources:
    """Git repositories.

    Attributes:
        tree: the files of (repository URL, revision as written), as of the last look at the repository.
        refresh: looks at a repository now.
        follow: called with each repository URL that generators use, so that its commits are watched.
    """

    tree: TreeOf
    refresh: Callable[[str], Awaitable[None]]
    follow: Callable[[str], None]
