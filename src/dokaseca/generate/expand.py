"""ApplicationSet in, Applications out: the whole of generation in one function."""

from __future__ import annotations

import asyncio
from typing import Any

from dokaseca.generate import render, repeatable
from dokaseca.generate.expansion import Expansion
from dokaseca.generate.generators import children, context, registry
from dokaseca.generate.generators.context import Context, Inputs, Ledger
from dokaseca.generate.memory import Memory
from dokaseca.generate.render import ApplicationOf
from dokaseca.generate.repeatable import Digest
from dokaseca.generate.templates import engine as engines
from dokaseca.generate.templates.engine import Params
from dokaseca.kit import bounds
from dokaseca.model import application_set as application_sets
from dokaseca.model.application_set import Reason, View
from dokaseca.model.errors import DokaSecaError, UserError
from dokaseca.model.manifest import Manifest

_BREATH_EVERY = 20  # Applications between two turns of the event loop: some milliseconds


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


async def expand(application_set: Manifest, inputs: Inputs, memory: Memory | None = None) -> Expansion:
    """Everything that `application_set` generates from `inputs`.

    Args:
        memory: of this ApplicationSet's last expansion; what has not changed since is taken from it.

    Raises:
        GenerationError: any generator or template failed; its cause says which and why.
    """
    memory = memory or Memory(is_kept=False)
    memory.begin(application_set)
    ledger = Ledger(memory=memory)
    last = memory.last_or_none(inputs.clusters)
    if last is not None and await _is_current(last, inputs, ledger):
        return last
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
    expansion = Expansion(
        tuple(applications), _repositories(ledger), commits, ledger.requeue_after_seconds, ledger.empty_sources
    )
    memory.finish(inputs.clusters, expansion, is_repeatable=repeatable.is_repeatable(view))
    return expansion


async def _is_current(last: Expansion, inputs: Inputs, ledger: Ledger) -> bool:
    """Whether every repository stands where it stood."""
    for (url, revision), sha in last.commits.items():
        try:
            tree = ledger.trees[url, revision] = await inputs.tree(url, revision)
        except DokaSecaError:  # whoever needs it tells what is wrong
            return False
        if tree.commit.sha != sha or not context.is_made(tree.commit):
            return False
    return True


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
    for number, (template, sets) in enumerate(batches):
        application_of = render.compile_template(view, template, around.engine)
        if around.ledger.memory.is_kept and repeatable.are_texts_repeatable(view, template):
            digest = repeatable.digester(view, template)
            application_of = _remembering(application_of, number, digest, around.ledger.memory)
        for each in sets:
            applications.append(application_of(each))
            if len(applications) % _BREATH_EVERY == 0:
                await asyncio.sleep(0)
    return applications


def _remembering(application_of: ApplicationOf, number: int, digest: Digest, memory: Memory) -> ApplicationOf:
    """The same, without the work where the last generation did it."""

    def recalled(params: Params) -> Manifest:
        known_by = digest(params)
        if known_by is None:
            return application_of(params)
        return memory.recall((number, known_by), lambda: application_of(params))

    return recalled
