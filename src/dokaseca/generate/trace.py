"""Where a generated Application comes from: its generator, its parameters, and who gave each of them.

Only for people who ask: the controller never traces. The Applications are those of `expand`, by the same functions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.generate import interpolate, params, render
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.generators import children, registry
from dokaseca.generate.generators.context import Context, Inputs, Ledger
from dokaseca.generate.templates import engine as engines
from dokaseca.generate.templates.engine import Params
from dokaseca.model import application_set as application_sets
from dokaseca.model.application_set import Reason
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest

Path = tuple[str | int, ...]
_BREATH_EVERY = 50  # Applications between two turns of the event loop: about 10 ms


@dataclass(frozen=True, slots=True)
class Traced:
    """One Application.

    Attributes:
        entry: number of the top-level generator entry.
        kind: the generator kind of that entry that gave it.
        template: what was rendered: the generator's own template over the ApplicationSet's.
        params: what it was rendered with.
    """

    application: Manifest
    entry: int
    kind: str
    template: Manifest
    params: Params

    @property
    def path(self) -> Path:
        """Of the generator in the ApplicationSet."""
        return ("spec", "generators", self.entry, self.kind)


@dataclass(frozen=True, slots=True)
class Part:
    """What one generator contributed to a parameter set.

    Attributes:
        path: of the generator in the ApplicationSet, its kind last.
        spec: the generator, with what a matrix has filled in.
        params: what it gave.
    """

    path: Path
    spec: Mapping[str, Any]
    params: Params

    @property
    def kind(self) -> str:
        return str(self.path[-1])


async def traced(application_set: Manifest, inputs: Inputs) -> list[Traced]:
    """Everything that `application_set` generates, in the order of `expand`.

    Raises:
        GenerationError: as `expand.expand`.
    """
    try:
        around = _context(application_set, inputs)
        batches = [
            (number, kind, await registry.run(entry, kind, around), _template(entry[kind], around))
            for number, entry in enumerate(around.view.generators)
            for kind in children.some_kinds(entry)
        ]
    except DokaSecaError as error:
        raise GenerationError(error, Reason.GENERATION_ERROR, frozenset()) from error
    found: list[Traced] = []
    try:
        for number, kind, sets, template in batches:
            application_of = render.compile_template(around.view, template, around.engine)
            for each in sets:
                found.append(Traced(application_of(each), number, kind, template, each))
                if len(found) % _BREATH_EVERY == 0:
                    await asyncio.sleep(0)
    except DokaSecaError as error:
        raise GenerationError(error, Reason.RENDER_ERROR, frozenset()) from error
    return found


def _template(spec: Any, around: Context) -> dict[str, Any]:
    override = spec.get("template") if isinstance(spec, dict) else None
    return render.merged_template(override, around.view.template)


async def parts(application_set: Manifest, one: Traced, inputs: Inputs) -> list[Part]:
    """Who gave the parameters of an Application: of two that gave one parameter, the later one prevails.

    Raises:
        DokaSecaError: a generator cannot be read any more.
    """
    around = _context(application_set, inputs)
    entry = around.view.generators[one.entry]
    return await _parts({one.kind: entry[one.kind]}, one.path[:-1], one.params, around)


def _context(application_set: Manifest, inputs: Inputs) -> Context:
    view = application_sets.view(application_set)
    engine = engines.select(is_go=view.go_template, options=view.go_template_options, clock=inputs.clock)
    return Context(view, inputs, engine, Ledger())


async def _parts(entry: dict[str, Any], path: Path, whole: Params, around: Context) -> list[Part]:
    kind = children.kinds_of(entry)[0]
    here = (*path, kind)
    if kind == "merge":
        return await _of_merge(entry[kind], here, whole, around)
    if kind == "matrix":
        return await _of_matrix(entry[kind], here, whole, around)
    return [Part(here, entry[kind], whole)]


async def _of_merge(spec: dict[str, Any], path: Path, whole: Params, around: Context) -> list[Part]:
    """The children whose sets have the same keys, in order: later ones override."""
    keys = [str(key) for key in spec.get("mergeKeys") or ()]
    found: list[Part] = []
    for number, child in enumerate(children.children(spec, "merge")):
        for each in await _run(child, around):
            if all(each.get(key) == whole.get(key) for key in keys):
                found += await _parts(child, (*path, "generators", number), each, around)
    return found


async def _of_matrix(spec: dict[str, Any], path: Path, whole: Params, around: Context) -> list[Part]:
    """The pair of sets that the whole consists of; with goTemplate the first child prevails, so it comes last."""
    first, second = children.children(spec, "matrix")
    for left in await _run(first, around):
        mine = left if around.engine.is_go else params.combined_flat(left, {})
        if not all(whole.get(key) == value for key, value in mine.items() if not isinstance(value, dict | list)):
            continue  # a quick look before the second child is run
        filled = interpolate.generator(second, left, around.engine) if left else second
        for right in await _run(filled, around):
            if whole == (params.merged(right, left) if around.engine.is_go else params.combined_flat(left, right)):
                of_left = await _parts(first, (*path, "generators", 0), left, around)
                return await _parts(filled, (*path, "generators", 1), right, around) + of_left
    return []


async def _run(entry: dict[str, Any], around: Context) -> list[Params]:
    return await registry.run(entry, children.kinds_of(entry)[0], around)


def differences(before: Params, after: Params) -> Iterator[tuple[str, str | None, str | None]]:
    """(dotted name, value before, value after) of each parameter that differs, in the order of names."""
    left, right = params.flatten(before), params.flatten(after)
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name):
            yield name, left.get(name), right.get(name)
