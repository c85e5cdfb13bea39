"""Records, their chain, and how they are written."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.flow.audit.records import ListSink, record

from dokaseca.flow.audit import chain, redact, write
from dokaseca.model.errors import ConflictError, IntegrityError, TransientError

CANARY = "canary-8f3b2c"


def _trail(count: int) -> list[bytes]:
    sink = ListSink()
    for number in range(count):
        write.append(sink, record(message=f"number {number}\x1fé"))
    return sink.lines


TRAIL = _trail(4)


def test_a_record_is_one_line_of_json_chained_to_the_one_before() -> None:
    first, second = (orjson.loads(line) for line in TRAIL[:2])
    assert first["previous"] == "" and second["previous"] == first["digest"]
    assert first["time"] == "2026-01-01T00:00:00Z"
    assert (first["actor"], first["verb"], first["subject"]) == ("automated", "sync", "Application argocd/web")
    assert (first["outcome"], first["revisions"], first["counts"]) == ("Succeeded", ["a" * 40], {"created": 1})
    assert b"\n" not in TRAIL[0]


def test_a_whole_trail_verifies() -> None:
    assert chain.verify([]) == 0
    assert chain.verify(TRAIL) == 4


@given(st.integers(0, len(TRAIL) - 1), st.data())
def test_any_flipped_bit_is_found_at_its_line(line: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(TRAIL[line]) - 1))
    changed = bytearray(TRAIL[line])
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(IntegrityError) as caught:
        chain.verify([*TRAIL[:line], bytes(changed), *TRAIL[line + 1 :]])
    assert caught.value.subject == f"audit line {line + 1}"
    assert caught.value.reason == "BrokenChain"


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (TRAIL[1:], 1),
        ([TRAIL[0], *TRAIL[2:]], 2),
        ([TRAIL[1], TRAIL[0]], 1),
        ([TRAIL[0], TRAIL[0]], 2),
        ([*TRAIL, b""], 5),
        ([*TRAIL, b"[]"], 5),
        ([*TRAIL, b'{"digest": 1}'], 5),
        ([TRAIL[0] + b" "], 1),
        ([TRAIL[0].replace(b"\\u001f", b"\\u001F")], 1),
    ],
)
def test_a_line_removed_moved_added_or_respelled_is_found(lines: list[bytes], where: int) -> None:
    with pytest.raises(IntegrityError) as caught:
        chain.verify(lines)
    assert caught.value.subject == f"audit line {where}"
    assert "is not a record" in str(caught.value) or "does not continue the chain" in str(caught.value)


def test_credentials_do_not_reach_the_trail() -> None:
    sink = ListSink()
    url = f"https://user:{CANARY}@host/r"
    write.append(sink, record(actor=url, subject=url, message=f"cannot clone {url}", revisions=(url,)))
    assert CANARY.encode() not in sink.lines[0]


def test_texts_are_bounded_and_cut_after_they_are_masked() -> None:
    message = "x" * (redact.MESSAGE_CHARACTERS - 20) + f" https://user:{CANARY}@host/r " + "y" * 10_000
    cleaned = redact.cleaned(record(message=message, subject="s" * 9_000, revisions=("r",) * 500))
    assert len(cleaned.message) <= redact.MESSAGE_CHARACTERS + 4
    assert CANARY[:6] not in cleaned.message
    assert len(cleaned.subject) <= redact.NAME_CHARACTERS + 4
    assert len(cleaned.revisions) == redact.REVISIONS


def test_what_json_cannot_hold_is_replaced() -> None:
    sink = ListSink()
    write.append(sink, record(message="a\ud800b"))
    assert orjson.loads(sink.lines[0])["message"] == "a?b"


def test_a_sink_that_cannot_write_fails_the_caller() -> None:
    with pytest.raises(TransientError, match="disk full"):
        write.append(ListSink(TransientError("disk full")), record())


def test_a_record_is_chained_anew_when_another_writer_was_first() -> None:
    sink = ListSink(ConflictError("moved"), ConflictError("moved"))
    write.append(sink, record())
    assert chain.verify(sink.lines) == 1


def test_a_writer_that_never_comes_first_gives_up() -> None:
    sink = ListSink(*[ConflictError("moved") for _ in range(write.TRIES)])
    with pytest.raises(TransientError, match=f"{write.TRIES} times in a row"):
        write.append(sink, record())
