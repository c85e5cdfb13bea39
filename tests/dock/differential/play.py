"""A script, played to a target."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, replace

from tests.dock.differential import expect, paths, script
from tests.dock.differential.expect import Answer
from tests.dock.differential.script import Script, Step
from tests.dock.differential.targets import Target

_TRIES = 100  # of a step that comes true eventually: ten seconds with a real server
_counter = itertools.count(1)


@dataclass(frozen=True)
class Played:
    """One step's answer, and what is wrong with it."""

    step: Step
    answer: Answer
    wrong: tuple[str, ...]


async def play(of: Script, target: Target) -> list[Played]:
    """Every step of `of` in order; the first that is wrong is the last."""
    number = next(_counter)
    variables = {"ns": f"script-{number}", "id": f"x{number}"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": variables["ns"]}}
    first = Step(0, "POST /api/v1/namespaces", {"body": namespace}, {"code": 201}, {}, False)
    played: list[Played] = []
    for step in (first, *of.steps):
        one = await _play(step, target, variables)
        played.append(one)
        if one.wrong:
            break
        for name, path in step.save.items():
            source = {"events": list(one.answer.events)} if path.startswith("events") else one.answer.document
            found = paths.at(source, path)
            if found is paths.ABSENT:
                return [*played[:-1], replace(one, wrong=(f"nothing to save at {path}",))]
            variables[name] = str(found)
    return played[1:] if not played[0].wrong else played


async def _play(step: Step, target: Target, variables: dict[str, str]) -> Played:
    request = script.request(step, variables)
    expected = script.filled(dict(step.expected), variables)
    for _ in range(_TRIES if step.is_eventual else 1):
        answer = await target.ask(request, events=len(expected.get("events", ())))
        wrong = tuple(expect.differences(answer, expected))
        if not wrong or not step.is_eventual:
            break
        await target.settle()
        await asyncio.sleep(0)
    return Played(step, answer, wrong)
