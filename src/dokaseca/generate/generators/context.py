"""What generators work with, and what they note down while they do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.forge_inputs import ForgeInputs
from dokaseca.generate.hub_inputs import HubInputs
from dokaseca.generate.memory import Memory
from dokaseca.generate.templates.engine import Engine
from dokaseca.kit import bounds
from dokaseca.kit.clock import Clock
from dokaseca.model.application_set import View
from dokaseca.model.errors import UserError
from dokaseca.model.revision import Commit
from dokaseca.ports.git import Tree

_BREATH_EVERY = 50  # parameter sets between two turns of the event loop: some milliseconds
TreeOf = Callable[[str, str], Awaitable[Tree]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything outside the ApplicationSet that decides what it generates.

    Attributes:
        clusters: of the ApplicationSet's namespace; later ones replace earlier ones of the same name.
        tree: the files of (repository URL, revision as written; empty means HEAD).
        clock: what `now` in templates reads.
        new_git_file_globbing: doublestar patterns for git files instead of Git's own.
        include_hidden_directories: whether git directories may begin with a dot.
        requeue_after_seconds: of git generators that do not say.
        forges: what scmProvider and pullRequest ask; None where they are not available.
        hub: what clusterDecisionResource and plugin ask; None where there is none.
    """

    clusters: Sequence[ClusterSecret]
    tree: TreeOf
    clock: Clock
    new_git_file_globbing: bool = False
    include_hidden_directories: bool = False
    requeue_after_seconds: float = 180.0  # Argo CD: applicationsetcontroller.requeue.after
    forges: ForgeInputs | None = None
    hub: HubInputs | None = None


@dataclass(slots=True)
class Ledger:
    """What one expansion used.

    Attributes:
        repositories: that were asked for, as (URL, revision).
        trees: by (URL, revision).
        requeue_after_seconds: the shortest interval.
        memory: what the last expansion has left.
        answers: how many sets each source gave in all, by its place in the spec.
    """

    repositories: set[tuple[str, str]] = field(default_factory=set)
    trees: dict[tuple[str, str], Tree] = field(default_factory=dict)
    requeue_after_seconds: float | None = None
    answers: dict[str, int] = field(default_factory=dict)
    sets_count: int = 0
    memory: Memory = field(default_factory=lambda: Memory(is_kept=False))
    breaths: int = 0

    async def breathe(self) -> None:
        """To be called for each set that is made: now and then it lets others work."""
        self.breaths += 1
        if self.breaths % _BREATH_EVERY == 0:
            await asyncio.sleep(0)

    def answered(self, source: str, number: int) -> None:
        """A source gave `number` sets; a matrix asks its second child many times."""
        self.answers[source] = self.answers.get(source, 0) + number

    @property
    def empty_sources(self) -> tuple[str, ...]:
        """The sources that gave nothing at all, by their places in the spec."""
        return tuple(sorted(source for source, number in self.answers.items() if number == 0))

    def requeue(self, seconds: float) -> None:
        """Have the ApplicationSet expanded again after `seconds` at the latest."""
        if self.requeue_after_seconds is None or seconds < self.requeue_after_seconds:
            self.requeue_after_seconds = seconds

    def count(self, number: int) -> None:
        """Count parameter sets against the limit.

        Raises:
            UserError: reason TooManyParameters.
        """
        self.sets_count += number
        if self.sets_count > bounds.GENERATED_APPLICATIONS * 4:  # matrix and merge hold intermediate sets too
            raise UserError(
                f"the generators give more than {bounds.GENERATED_APPLICATIONS} parameter sets",
                reason="TooManyParameters",
            )


@dataclass(frozen=True, slots=True)
class Context:
    """One expansion's surroundings.

    Attributes:
        place: where in the spec it is, such as `generators[0].matrix[1]`.
        is_override: whether what is generated only changes what another generator gave, so that nothing is an answer.
    """

    view: View
    inputs: Inputs
    engine: Engine
    ledger: Ledger
    place: str = ""
    is_override: bool = False

    def at(self, field_name: str, number: int, *, is_override: bool = False) -> Context:
        """The same, one entry of a list further down."""
        place = f"{self.place}.{field_name}[{number}]".lstrip(".")
        return replace(self, place=place, is_override=self.is_override or is_override)

    async def tree(self, url: str, revision: str) -> Tree:
        """The files of a repository; asked for once per expansion."""
        key = (url, revision)
        self.ledger.repositories.add(key)
        found = self.ledger.trees.get(key)
        if found is None:
            found = self.ledger.trees[key] = await self.inputs.tree(url, revision)
        return found


def is_made(commit: Commit) -> bool:
    """Whether files are those of a commit, and not of a folder as it happens to be."""
    return bool(commit.sha.strip("0"))


def text_field(spec: dict[str, Any], name: str, generator: str) -> str:
    """A string field; absent is empty.

    Raises:
        UserError: it has another type.
    """
    value = spec.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UserError(f"{generator} generator: {name} must be a string", reason="InvalidGenerator")
    return value


def list_field(spec: dict[str, Any], name: str, generator: str) -> list[Any]:
    """A list field; absent is empty.

    Raises:
        UserError: it has another type.
    """
    value = spec.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UserError(f"{generator} generator: {name} must be a list", reason="InvalidGenerator")
    return value


def mapping_field(spec: dict[str, Any], name: str, generator: str) -> dict[str, Any]:
    """A mapping field; absent is empty.

    Raises:
        UserError: it has another type.
    """
    value = spec.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError(f"{generator} generator: {name} must be a mapping", reason="InvalidGenerator")
    return value
