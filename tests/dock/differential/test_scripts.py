"""The dock answers as Kubernetes does: to the letter of the scripts, and as a real server where there is one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.dock.differential import normalise, play, script, server
from tests.dock.differential.play import Played
from tests.dock.differential.targets import DockTarget, ServerTarget

SCRIPTS = script.all_scripts()
PROGRAMS = server.find_or_none(os.environ)


@pytest_asyncio.fixture
async def dock() -> AsyncIterator[DockTarget]:
    target = DockTarget()
    yield target
    await target.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def real(tmp_path_factory) -> AsyncIterator[ServerTarget]:
    if PROGRAMS is None:
        pytest.skip("kube-apiserver and etcd are not installed")
    async with server.running(PROGRAMS, tmp_path_factory.mktemp("server")) as session:
        yield ServerTarget(session)


def complaint(of: script.Script, played: list[Played]) -> str:
    last = played[-1]
    said = last.answer.document or last.answer.events or last.answer.text
    return "\n".join([f"{of.name}, step {last.step.number}: {last.step.do}", *last.wrong, f"answer: {said}"])


@pytest.mark.parametrize("of", SCRIPTS, ids=lambda of: of.name)
async def test_the_dock_answers_as_the_script_says(dock, of):
    played = await play.play(of, dock)
    assert not played[-1].wrong, complaint(of, played)
    assert len(played) == len(of.steps)


@pytest.mark.skipif(PROGRAMS is None, reason="kube-apiserver and etcd are not installed")
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("of", [one for one in SCRIPTS if "controllers" not in one.needs], ids=lambda of: of.name)
async def test_a_real_server_answers_as_the_script_says_and_as_the_dock(real, of):
    theirs = await play.play(of, real)
    assert not theirs[-1].wrong, complaint(of, theirs)
    target = DockTarget()
    try:
        ours = await play.play(of, target)
    finally:
        await target.close()
    for mine, their in zip(ours, theirs, strict=True):
        assert comparable(mine) == comparable(their), f"{of.name}, step {mine.step.number}: {mine.step.do}"


def comparable(played: Played) -> object:
    """An answer as both servers give it: a script's names carry its number, which differs."""
    answer = played.answer
    events = [normalise.normal(dict(event)) for event in answer.events]
    return (answer.code, normalise.normal(answer.document), events)


def test_the_scripts_hold_enough_requests():
    assert sum(len(of.steps) for of in SCRIPTS) >= 300
