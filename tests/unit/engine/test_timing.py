import logging
from pathlib import Path

import pytest

from dokaseca.adapters.object_store import DiskStore
from dokaseca.engine.timing import Timings
from dokaseca.model.identity import NamespacedName

KEY = NamespacedName("argocd", "web")


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds


def test_the_rooms_sum_up_to_the_pass_so_that_no_time_is_unexplained() -> None:
    """The pain: a pass of 1,320 seconds whose named parts summed up to less than one."""
    hands, timings = Hands(), Timings()
    timing = timings.begin(KEY, hands.now)
    for room, took in (("source", 2.0), ("render", 1300.0), ("diff", 3.0), ("sync", 14.0), ("diff", 1.0)):
        hands.seconds += took
        timing.left(room)
    timing.end()
    assert timing.seconds == {"source": 2.0, "render": 1300.0, "diff": 4.0, "sync": 14.0}
    assert timing.fields()["total_seconds"] == hands.seconds - 100.0 == 1320.0


def test_a_pass_that_fails_shows_the_rooms_that_it_went_through() -> None:
    hands, timings = Hands(), Timings()
    timings.begin(KEY, hands.now).end()
    failing = timings.begin(KEY, hands.now)
    hands.seconds += 5.0
    failing.left("source")
    assert (timings.last[KEY].seconds, timings.last[KEY].is_complete) == ({"source": 5.0}, False)


def test_hits_and_misses_of_the_cache_are_those_of_the_running_pass(tmp_path: Path) -> None:
    timings, store = Timings(), DiskStore(tmp_path)
    assert timings.counting(KEY, store) is store
    timing = timings.begin(KEY, Hands().now)
    cache = timings.counting(KEY, store)
    assert cache.get_or_none("a") is None
    cache.put("a", b"1")
    assert cache.get_or_none("a") == b"1"
    assert (timing.cache_hits, timing.cache_misses) == (1, 1)
    timing.end()
    assert timings.counting(KEY, store) is store


def test_an_application_that_is_gone_is_forgotten() -> None:
    timings = Timings()
    timings.begin(KEY, Hands().now)
    timings.forget(KEY)
    timings.forget(KEY)
    assert timings.last == {}


def test_a_pass_is_logged_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "dokaseca.timing"):
        timing = Timings().begin(KEY, Hands().now)
        timing.left("source")
        timing.end()
    fields = caplog.records[0].__dict__["fields"]
    assert fields["application"] == "argocd/web"
    assert fields["source_seconds"] == 0.0
