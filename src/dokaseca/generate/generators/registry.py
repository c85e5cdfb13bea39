"""Which function runs which generator kind, and the selector that follows each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any, Final

from dokaseca.generate import label_selector, params
from dokaseca.generate.generators import (
    children,
    cluster_decision_resource,
    clusters,
    context,
    forge_fields,
    git,
    matrix,
    merge,
    plugin,
    pull_request,
    scm_provider,
)
from dokaseca.generate.generators import list as list_generator
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates.engine import Params
from dokaseca.model import application_set as application_sets
from dokaseca.model.errors import UserError

_TERMINAL: Final = MappingProxyType[str, Callable[[dict[str, Any], Context], Awaitable[list[Params]]]](
    {
        "list": list_generator.generate,
        "clusters": clusters.generate,
        "git": git.generate,
        "scmProvider": scm_provider.generate,
        "pullRequest": pull_request.generate,
        "clusterDecisionResource": cluster_decision_resource.generate,
        "plugin": plugin.generate,
    }
)
_COMBINING: Final = MappingProxyType({"matrix": matrix.generate, "merge": merge.generate})
_ENTRY_FIELDS: Final = (*application_sets.GENERATOR_KINDS, "selector")
# They ask somebody else. That there is no pull request is as ordinary an answer as that there is one.
_SOURCES: Final = frozenset(("git", "scmProvider", "clusterDecisionResource", "plugin"))


async def run(entry: dict[str, Any], kind: str, around: Context) -> list[Params]:
    """The sets of a top-level entry's generator `kind`, after the entry's selector.

    Raises:
        UserError: reason UnsupportedGenerator for kinds that need services which are not configured; or the input is
            wrong.
    """
    return await _run(entry, kind, around, _nested_of(kind, depth=1))


async def _run(entry: dict[str, Any], kind: str, around: Context, run_child: children.Child) -> list[Params]:
    forge_fields.known(entry, _ENTRY_FIELDS, "an entry of generators")
    selector = label_selector.parse(entry["selector"]) if entry.get("selector") is not None else None
    spec = context.mapping_field(entry, kind, kind)
    if kind in _TERMINAL:
        found = await _TERMINAL[kind](spec, around)
    elif kind in _COMBINING:
        found = await _COMBINING[kind](spec, around, run_child)
    else:
        raise UserError(
            f"generator {kind} is not available here; nothing of this ApplicationSet is created, changed or deleted",
            reason="UnsupportedGenerator",
        )
    around.ledger.count(len(found))
    is_source = kind in _SOURCES or (kind == "clusters" and not around.inputs.clusters)
    if is_source and not around.is_override:
        around.ledger.answered(f"{around.place}.{kind}", len(found))
    if selector is None:
        return found
    return [each for each in found if selector.matches(params.flatten(each))]


def _nested_of(parent: str, depth: int) -> children.Child:
    """Runs a child of `parent`; matrix and merge nest one level only."""

    async def run_child(entry: dict[str, Any], around: Context) -> list[Params]:
        kind = children.only_kind(entry, parent)
        if kind in _COMBINING and depth > 1:
            raise UserError(
                f"{kind} inside {parent} inside another matrix or merge: only one level may be nested",
                reason="InvalidGenerator",
            )
        return await _run(entry, kind, around, _nested_of(kind, depth + 1))

    return run_child
