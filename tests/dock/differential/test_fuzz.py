"""The fuzzers run, find nothing in a short run, and would say what they find."""

from __future__ import annotations

import pytest
from fuzz import patching, requests, support

from dokaseca.ports.wire import WireRequest, WireResponse


@pytest.mark.parametrize("law", [requests.LAWS[0], patching.LAWS[3]], ids=lambda law: law.__name__)
def test_a_short_run_finds_nothing(law):
    assert support.until(0.0, [law], first_seed=1)["rounds_count"] == 1


def test_the_time_limit_ends_a_run_and_a_failure_ends_it_at_once(monkeypatch):
    times = iter([0.0, 0.5, 0.9, 1.1, 1.2])
    monkeypatch.setattr(support.time, "monotonic", lambda: next(times))
    tried = []

    def law():
        tried.append(law._hypothesis_internal_use_seed)

    assert support.until(1.0, [law], first_seed=7) == {"rounds_count": 3, "seconds": 1.2}
    assert tried == [7, 8, 9]

    def wrong():
        raise AssertionError("found")

    monkeypatch.undo()
    with pytest.raises(AssertionError, match="found"):
        support.until(1.0, [wrong])


def test_a_failure_of_the_server_is_found():
    request = WireRequest("GET", "/api")
    broken = b'{"kind":"Status","code":500,"reason":"InternalError"}'
    with pytest.raises(AssertionError):
        requests.check(request, WireResponse(500, {"Content-Type": "application/json"}, broken))
    with pytest.raises(AssertionError):
        requests.check(request, WireResponse(500, {"Content-Type": "text/plain"}, b"x"))
