"""Informers: list, then watch."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from dokaseca.runtime.backoff import Backoff
from dokaseca.runtime.informer import Collection, Informer
from dokaseca.runtime.supervise import Supervisor

Item = dict[str, Any]


class Feed:
    """A scripted collection: what each list answers, and the events that follow it."""

    def __init__(self, lists: list[list[Item]], events: list[list[tuple[str, Item] | Exception]]) -> None:
        self.lists, self.events = lists, events
        self.idle = asyncio.Event()

    async def list(self) -> tuple[Sequence[Item], str]:
        return self.lists.pop(0), "1"

    async def watch(self, _: str) -> AsyncIterator[tuple[str, Item]]:
        for event in self.events.pop(0) if self.events else []:
            if isinstance(event, Exception):
                raise event
            yield event
        self.idle.set()
        await asyncio.Event().wait()

    def collection(self) -> Collection[str, Item]:
        return Collection(self.list, self.watch, lambda item: item["name"], lambda item: item["rv"])


def item(name: str, version: str) -> Item:
    return {"name": name, "rv": version}


async def follow(feed: Feed) -> tuple[Informer[str, Item], list[tuple[str, str | None, str | None]]]:
    seen: list[tuple[str, str | None, str | None]] = []

    def note(key: str, old: Item | None, new: Item | None) -> None:
        seen.append((key, old and old["rv"], new and new["rv"]))

    informer = Informer("test", feed.collection(), note, backoff=Backoff(first_seconds=0.001))
    async with Supervisor("test") as tasks:
        tasks.start("informer", informer.run())
        await asyncio.wait_for(feed.idle.wait(), 5)
    return informer, seen


async def test_it_tells_what_was_listed_and_what_changed_after() -> None:
    feed = Feed(
        [[item("a", "1")]], [[("MODIFIED", item("a", "2")), ("ADDED", item("b", "3")), ("DELETED", item("a", "4"))]]
    )
    informer, seen = await follow(feed)
    assert seen == [("a", None, "1"), ("a", "1", "2"), ("b", None, "3"), ("a", "2", None)]
    assert informer.items == {"b": item("b", "3")}


async def test_after_an_error_it_lists_again_and_tells_only_the_difference() -> None:
    feed = Feed([[item("a", "1"), item("b", "1")], [item("b", "1"), item("c", "5")]], [[RuntimeError("gone")], []])
    _, seen = await follow(feed)
    assert seen[2:] == [("a", "1", None), ("c", None, "5")]


async def test_an_event_older_than_an_observed_write_is_ignored() -> None:
    feed = Feed([[item("a", "1")]], [[("MODIFIED", item("a", "9")), ("MODIFIED", item("a", "4"))]])
    informer, _ = await follow(feed)
    assert informer.items["a"]["rv"] == "9"


async def test_a_late_answer_to_a_write_does_not_bring_a_deleted_object_back() -> None:
    feed = Feed([[item("a", "1")]], [[("DELETED", item("a", "7"))]])
    informer, _ = await follow(feed)
    informer.observe(item("a", "6"))
    assert informer.items == {}
    informer.observe(item("a", "8"))
    assert informer.items["a"]["rv"] == "8"


async def test_what_was_seen_to_be_gone_is_told_once_and_stays_gone() -> None:
    informer, seen = await follow(Feed([[item("a", "5")]], [[]]))
    informer.observe_gone("a")
    informer.observe_gone("a")
    informer.observe_gone("unknown")
    assert seen == [("a", None, "5"), ("a", "5", None)]
    informer.observe(item("a", "5"))
    assert informer.items == {}
    informer.observe(item("a", "6"))
    assert informer.items["a"]["rv"] == "6"
