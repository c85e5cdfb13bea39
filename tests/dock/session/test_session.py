"""Real kubectl against the dock with its simulator, by chapters: it prints what a real cluster has it print."""

from __future__ import annotations

import pytest
from tests.dock.session import conftest, script

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = ("start",)
CHAPTERS = {chapter.name: chapter for chapter in script.chapters()}


@pytest.mark.parametrize("name", [name for name in CHAPTERS if name not in ALONE])
async def test_a_chapter_reads_as_on_a_real_cluster(town, name):
    await read(town, name)


@pytest.mark.parametrize("name", ALONE)
async def test_a_chapter_about_all_there_is_reads_so_on_a_cluster_of_its_own(tmp_path, name):
    async with conftest.founded(tmp_path) as town:
        await read(town, name)


async def read(town, name):
    chapter = CHAPTERS[name]
    shell = await town.shell(name, chapter.files)
    problems = [await shell.problem(step) for step in chapter.steps]
    assert not any(problems), "\n" + "\n".join(filter(None, problems))


async def test_the_session_is_long_enough_to_mean_something():
    assert sum(len(chapter.steps) for chapter in CHAPTERS.values()) >= 130


@pytest.mark.parametrize(
    ("expected", "printed", "is_same"),
    [
        ("NAME  AGE\nweb  {age}", "NAME   AGE\nweb    3m20s\n", True),
        ("web {age}", "web soon\n", False),
        ("{lines}done", "one\ntwo\ndone\n", True),
        ("{lines}done", "one\nundone\n", False),
        ("a:\n  b: {any}", "a:\n  b: c\n", True),
        ("a:\n  b: {any}", "a:\n    b: c\n", False),
        ("", "anything\n", False),
    ],
)
async def test_texts_are_compared_strictly_but_for_spaces_and_placeholders(expected, printed, is_same):
    assert (script.differs(expected, printed) == "") is is_same
