"""ApplicationSet in, Applications out: the whole of generation in one function."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from dokaseca.generate import render
from dokaseca.generate.generators import children, registry
from dokaseca.generate.generators.context import Context, Inputs, Ledger
from dokaseca.generate.templates import engine as engines
from dokaseca.generate.templates.engine import Params
from dokaseca.kit import bounds
from dokaseca.model import application_set as application_sets
from dokaseca.model.application_set import Reason, View
from dokaseca.model.errors import DokaSecaError, UserError
from dokaseca.model.manifest import Manifest

_BREATH_EVERY = 50  # Applications between two turns of the event loop: about 10 ms


@dataclass(frozen=True, slots=True)
class Expansion:
    """What an ApplicationSet generates.

    Attributes:
        applications: in the order of the generators; names may repeat.
        repositories: every (URL, revision) that git generators read.
        commits: the SHA that each of `repositories` stood at.
        requeue_after_seconds: when to expand again at the latest; None when only events can change the result.
        empty_sources: generators, by their place in the spec, that asked somebody and were given nothing at all.
    """

    applications: tuple[Manifest, ...]
    repositories: frozenset[tuple[str, str]]
    commits: dict[tuple[str, str], str]
    requeue_after_seconds: float | None
    empty_sources: tuple[str, ...] = ()


class GenerationError(Exception):
    """Generation failed: nothing may be created, changed or deleted.

    Attributes:
        reason: the condition's reason: generators or rendering.
        repositories: what had been read until then, so that a fix there wakes the ApplicationSet.
    """

    def __init__(self, cause: DokaSecaError, reason: Reason, repositories: frozenset[tuple[str, str]]) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.reason = reason
        self.repositories = repositories


async def expand(application_set: Manifest, inputs: Inputs) -> Expansion:
    """Everything that `application_set` generates from `inputs`.

    Raises:
        GenerationError: any generator or template failed; its cause says which and why.
    """
    ledger = Ledger()
    try:
        view = application_sets.view(application_set)
        engine = engines.select(is_go=view.go_template, options=view.go_template_options, clock=inputs.clock)
        around = Context(view, inputs, engine, ledger)
        batches = [
            batch
            for number, entry in enumerate(view.generators)
            for batch in await _batches(entry, around.at("generators", number))
        ]
    except DokaSecaError as error:
        raise GenerationError(error, Reason.GENERATION_ERROR, _repositories(ledger)) from error
    try:
        applications = await _render(view, batches, around)
    except DokaSecaError as error:
        raise GenerationError(error, Reason.RENDER_ERROR, _repositories(ledger)) from error
    commits = {key: tree.commit.sha for key, tree in ledger.trees.items()}
    return Expansion(
        tuple(applications), _repositories(ledger), commits, ledger.requeue_after_seconds, ledger.empty_sources
    )


def _repositories(ledger: Ledger) -> frozenset[tuple[str, str]]:
    return frozenset(ledger.repositories)


async def _batches(entry: dict[str, Any], around: Context) -> list[tuple[dict[str, Any], list[Params]]]:
    """(template, parameter sets) for each generator of a top-level entry.

    Raises:
        UserError: it names no generator. Argo CD skips such an entry, and deletes what a misspelt one had generated.
    """
    found = []
    for kind in children.some_kinds(entry):
        sets = await registry.run(entry, kind, around)
        spec = entry[kind]
        override = spec.get("template") if isinstance(spec, dict) else None
        found.append((render.merged_template(override, around.view.template), sets))
    return found


async def _render(view: View, batches: list[tuple[dict[str, Any], list[Params]]], around: Context) -> list[Manifest]:
    if sum(len(sets) for _, sets in batches) > bounds.GENERATED_APPLICATIONS:
        raise UserError(f"more than {bounds.GENERATED_APPLICATIONS} Applications", reason="TooManyApplications")
    applications: list[Manifest] = []
    for template, sets in batches:
        application_of = render.compile_template(view, template, around.engine)
        for each in sets:
            applications.append(application_of(each))
            if len(applications) % _BREATH_EVERY == 0:
                await asyncio.sleep(0)
    return applications
