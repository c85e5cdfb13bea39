"""Where each value of a generated Application comes from."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dokaseca.generate import params as parameters
from dokaseca.generate import references, trace
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.trace import Part, Traced
from dokaseca.kit import redact
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.offline.marked_sets import MarkedSet
from dokaseca.wiring.offline.preview import Progress, World
from dokaseca.wiring.offline.reasons import dotted_path
from dokaseca.wiring.offline.whence import Whence

Path = tuple[str | int, ...]
_TEMPLATE: Path = ("spec", "template")
_BY_CONTROLLER = {"apiVersion", "kind"}
_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that a field reads: `value` is None where the generators give none of that name."""

    name: str
    value: str | None
    whence: str


@dataclass(frozen=True, slots=True)
class FieldTrace:
    """One value of the Application.

    Attributes:
        template: the text that it was rendered from; empty where it stands as it is.
        place: of the template, or who added it.
    """

    path: str
    value: str
    template: str
    place: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class GeneratorTrace:
    """One generator that took part: `gives` names what of it prevails, besides what describes its cluster or path."""

    path: str
    place: str
    kind: str
    gives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """One Application."""

    name: str
    application_set: str
    place: str
    is_go: bool
    generators: tuple[GeneratorTrace, ...]
    fields: tuple[FieldTrace, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What to explain: `name` is an Application's name or namespace/name; no `fields` are all of them."""

    name: str
    fields: Sequence[str] = ()


async def explain(
    question: Question, sets: Sequence[MarkedSet], world: World, progress: Progress = lambda *_: None
) -> tuple[list[Explained], list[str]]:
    """Every Application of that name, and the ApplicationSets that fail, which might have given it.

    Raises:
        UserError: no ApplicationSet gives such an Application, or it has no such field.
    """
    found: list[Explained] = []
    failed: list[str] = []
    names: list[str] = []
    for done, each in enumerate(sets):
        progress(done, len(sets), len(names))
        try:
            several = await trace.traced(each.manifest, world.inputs(each.source.key.namespace))
            for one in several:
                names.append(manifests.name(one.application))
                if _is_asked_for(one.application, question.name):
                    found.append(await _explained(each, one, question, world))
        except GenerationError as error:
            failed.append(f"{each.place()}: ApplicationSet {each.source.key}: {redact.text(str(error.cause))}")
    if not found:
        raise _unknown(question.name, names, failed)
    return found, failed


def _is_asked_for(application: Manifest, name: str) -> bool:
    own = manifests.name(application)
    return name in (own, f"{manifests.namespace(application)}/{own}")


def _unknown(name: str, names: list[str], failed: list[str]) -> UserError:
    near = difflib.get_close_matches(name, names, n=3)
    some = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {some or 'none'}"
    more = f"; {len(failed)} ApplicationSets fail and may give it: {failed[0]}" if failed else ""
    return UserError(f"no ApplicationSet gives an Application {name!r}; {hint}{more}", reason="NoApplication")


async def _explained(each: MarkedSet, one: Traced, question: Question, world: World) -> Explained:
    parts = await trace.parts(each.manifest, one, world.inputs(each.source.key.namespace))
    whence = Whence(each, parts, world.clusters)
    fields = tuple(_fields(each, one, whence, question.fields))
    if not fields:
        raise _no_field(one.application, question.fields)
    return Explained(
        name=manifests.name(one.application),
        application_set=str(each.source.key),
        place=str(each.place()),
        is_go=bool(manifests.get(each.manifest, "spec", "goTemplate", default=False)),
        generators=tuple(_generators(each, parts, whence)),
        fields=fields,
    )


def _no_field(application: Manifest, asked: Sequence[str]) -> UserError:
    known = [dotted_path(path) for path, _ in _leaves(application, ())]
    near = difflib.get_close_matches(asked[0], known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has: {', '.join(known[:_NAMES_SHOWN])}, ..."
    return UserError(f"Application {manifests.name(application)} has no field {asked[0]!r}; {hint}", reason="NoField")


def _generators(each: MarkedSet, parts: Sequence[Part], whence: Whence) -> Iterator[GeneratorTrace]:
    for part in parts:
        mine = parameters.flatten(part.params)
        gives = [name for name in mine if whence.giver_or_none(name) is part and not Whence.is_innate(name)]
        yield GeneratorTrace(dotted_path(part.path), str(each.place(*part.path)), part.kind, tuple(gives))


def _fields(each: MarkedSet, one: Traced, whence: Whence, asked: Sequence[str]) -> Iterator[FieldTrace]:
    is_go = bool(manifests.get(each.manifest, "spec", "goTemplate", default=False))
    for path, value in _leaves(one.application, ()):
        dotted = dotted_path(path)
        if path[0] in _BY_CONTROLLER or (asked and not any(_is_below(dotted, field) for field in asked)):
            continue
        template = _template_of(one, path)
        if template is None:
            yield FieldTrace(dotted, _text(value), "", _added(each, path), ())
            continue
        used = tuple(_parameters(str(template), one, whence, is_go=is_go)) if isinstance(template, str) else ()
        shown = str(template) if isinstance(template, str) and "{{" in template else ""
        yield FieldTrace(dotted, _text(value), redact.text(shown), str(_place(each, one, path)), used)


def _is_below(dotted: str, field: str) -> bool:
    return dotted == field or dotted.startswith((f"{field}.", f"{field}["))


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every value that holds no others, with its path; empty ones too."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _leaves(one, (*path, key))
    elif isinstance(value, list) and value:
        for number, one in enumerate(value):
            yield from _leaves(one, (*path, number))
    else:
        yield path, value


def _template_of(one: Traced, path: Path) -> Any:
    """What the template has at a path; None where it has nothing, as of what a patch or the controller adds."""
    value = manifests.get(one.template, *path)
    if value is not None or not path:
        return value
    above = manifests.get(one.template, *path[:-1])
    keys = [key for key in above if isinstance(key, str) and "{{" in key] if isinstance(above, dict) else []
    return f"{keys[0]}: {above[keys[0]]}" if len(keys) == 1 else None  # a key that is a template itself


def _place(each: MarkedSet, one: Traced, path: Path) -> Any:
    """The template's line: in the generator's own template where that says it."""
    own = (*one.path, "template", *path)
    return each.place(*own) if own in each.marks else each.place(*_TEMPLATE, *path)


def _added(each: MarkedSet, path: Path) -> str:
    if path[:2] == ("metadata", "finalizers") or path == ("metadata", "namespace"):
        return "added by the controller"
    if manifests.get(each.manifest, "spec", "templatePatch") is not None:
        return f"templatePatch ({each.place('spec', 'templatePatch')})"
    return "added by the controller"


def _parameters(text: str, one: Traced, whence: Whence, *, is_go: bool) -> Iterator[Parameter]:
    """The parameters that a template names, each once."""
    for name in dict.fromkeys(found.name for found in references.of_text(text, is_go=is_go)):
        value = references.value_or_none(name, one.params)
        if value is None:
            yield Parameter(name, None, "no generator gives it")
        else:
            yield Parameter(name, _text(value), whence.of(name))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return redact.text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return redact.text(" ".join(f"{key}={one}" for key, one in parameters.flatten({"": value}).items())) or "(empty)"
