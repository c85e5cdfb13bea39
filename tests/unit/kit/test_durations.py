"""Go's durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.kit import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("5s", 5),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("5.s", 5),
        ("-1m", -60),
        ("+1m", 60),
        ("1us", 1e-6),
        ("1µs", 1e-6),
        ("1μs", 1e-6),
        ("1ns", 1e-9),
        ("1h1m1s1ms", 3661.001),
        ("-0", 0),
        ("2m1h", 3720),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert durations.parse_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "-", "+", "5", "s", "1h 30m", "5S", "1d", "٥s", ".s", "--1s", "1e3s", "5s\n"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write for example 30s, 5m or 1h30m"):
        durations.parse_seconds(text)


@pytest.mark.parametrize("text", ["9" * 400 + "h", "2562048h", "9223372037s"])
def test_what_go_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is longer than 292 years"):
        durations.parse_seconds(text)


@given(st.integers(0, 10_000), st.integers(0, 59), st.integers(0, 59))
def test_parts_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert durations.parse_seconds(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
