"""`filters` of the scmProvider generator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.generate.generators import forge_fields
from dokaseca.model.errors import UserError
from dokaseca.ports.scm import Branch, Repository

_WHERE: Final = "scmProvider"
_FIELDS: Final = ("repositoryMatch", "labelMatch", "branchMatch", "pathsExist", "pathsDoNotExist")
_PATH_CHARS: Final = 1024

HasPath = Callable[[Repository, Branch, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class _Filter:
    """One entry: all of its conditions must hold; what is None or empty is no condition."""

    repository: Any
    label: Any
    branch: Any
    present: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def is_about_repository(self) -> bool:
        return self.repository is not None or self.label is not None

    @property
    def is_about_branch(self) -> bool:
        return self.branch is not None or bool(self.present or self.absent)

    def takes(self, repository: Repository) -> bool:
        if self.repository is not None and not self.repository.search(repository.name):
            return False
        return self.label is None or any(self.label.search(label) for label in repository.labels)

    async def takes_branch(self, repository: Repository, branch: Branch, has_path: HasPath) -> bool:
        if not self.takes(repository) or (self.branch is not None and not self.branch.search(branch.name)):
            return False
        for path in self.present:
            if not await has_path(repository, branch, path):
                return False
        for path in self.absent:
            if await has_path(repository, branch, path):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Filters:
    """All entries.

    Any entry is enough; but entries about repositories alone and entries about branches alone narrow each other, since
    Argo CD applies the former before it lists branches.
    """

    repositories: tuple[_Filter, ...]
    branches: tuple[_Filter, ...]
    both: tuple[_Filter, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.repositories or self.branches or self.both)

    def may_take(self, repository: Repository) -> bool:
        """Whether any of the repository's branches can pass."""
        return self.is_empty or self._narrows_to(repository) or any(one.takes(repository) for one in self.both)

    async def take(self, repository: Repository, branch: Branch, has_path: HasPath) -> bool:
        """Whether a branch of a repository passes."""
        if self.is_empty or (self._narrows_to(repository) and not self.branches):
            return True
        candidates = (*(self.branches if self._narrows_to(repository) else ()), *self.both)
        for one in candidates:
            if await one.takes_branch(repository, branch, has_path):
                return True
        return False

    def _narrows_to(self, repository: Repository) -> bool:
        if not self.repositories:
            return bool(self.branches)
        return any(one.takes(repository) for one in self.repositories)


def compiled(spec: dict[str, Any]) -> Filters:
    """The filters of a generator.

    Raises:
        UserError: reason InvalidGenerator: a pattern or path is none, or a filter has no or an unknown condition.
    """
    found = [_compiled(entry) for entry in forge_fields.filters(spec, _FIELDS, _WHERE)]
    return Filters(
        repositories=tuple(one for one in found if not one.is_about_branch),
        branches=tuple(one for one in found if not one.is_about_repository),
        both=tuple(one for one in found if one.is_about_repository and one.is_about_branch),
    )


def _compiled(entry: dict[str, Any]) -> _Filter:
    return _Filter(
        repository=forge_fields.pattern(entry, "repositoryMatch", _WHERE),
        label=forge_fields.pattern(entry, "labelMatch", _WHERE),
        branch=forge_fields.pattern(entry, "branchMatch", _WHERE),
        present=_paths(entry, "pathsExist"),
        absent=_paths(entry, "pathsDoNotExist"),
    )


def _paths(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    paths = tuple(path.strip("/") for path in forge_fields.texts(entry, name, _WHERE))
    for path in paths:
        if not path or len(path) > _PATH_CHARS or {"", ".", ".."} & set(path.split("/")):
            raise UserError(
                f"{_WHERE} generator: {name}: {path[:80]!r} is no path inside a repository", reason="InvalidGenerator"
            )
    return paths
