"""Children of matrix and merge: which they are, and how deep they may nest."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from dokaseca.generate.generators import context
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates.engine import Params
from dokaseca.model import application_set as application_sets
from dokaseca.model.errors import UserError

Child: TypeAlias = Callable[[dict[str, Any], Context], Awaitable[list[Params]]]


def children(spec: dict[str, Any], generator: str) -> list[dict[str, Any]]:
    """The child entries.

    Raises:
        UserError: one is no mapping.
    """
    entries = context.list_field(spec, "generators", generator)
    if not all(isinstance(entry, dict) for entry in entries):
        raise UserError(f"{generator} generator: each of generators must be a mapping", reason="InvalidGenerator")
    return entries


def only_kind(entry: dict[str, Any], parent: str) -> str:
    """The one generator kind of a child entry.

    Raises:
        UserError: it has none, or several.
    """
    kinds = kinds_of(entry)
    if len(kinds) > 1:
        raise UserError(
            f"found more than one generator in {parent}.Generators ({', '.join(kinds)}); write one entry for each",
            reason="InvalidGenerator",
        )
    if not kinds:
        raise UserError(
            f"child generator generated no parameters: an entry of {parent}.generators names no known generator",
            reason="InvalidGenerator",
        )
    return kinds[0]


def some_kinds(entry: dict[str, Any]) -> list[str]:
    """The generator kinds of a top-level entry.

    Raises:
        UserError: it has none.
    """
    kinds = kinds_of(entry)
    if kinds:
        return kinds
    written = [str(name) for name in entry if name != "selector"]
    near = difflib.get_close_matches(written[0], application_sets.GENERATOR_KINDS, n=1) if written else []
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(application_sets.GENERATOR_KINDS)}"
    what = f"names no known generator: {', '.join(written)}" if written else "names no generator"
    raise UserError(f"an entry of spec.generators {what}; {hint}", reason="InvalidGenerator")


def kinds_of(entry: dict[str, Any]) -> list[str]:
    """The generator kinds that an entry sets, in the order in which they run."""
    return [kind for kind in application_sets.GENERATOR_KINDS if entry.get(kind) is not None]
