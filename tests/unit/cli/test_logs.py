"""Log lines: one per record, fields readable, nothing secret, nothing that forges a line."""

from __future__ import annotations

import io
import json
import logging

import pytest

from dokaseca.cli import logs

log = logging.getLogger("dokaseca.test")


@pytest.fixture(autouse=True)
def restored():
    root, ours = logging.getLogger(), logging.getLogger("dokaseca")
    before = root.level, ours.level, list(root.handlers)
    yield
    root.setLevel(before[0])
    ours.setLevel(before[1])
    root.handlers[:] = before[2]


def lines(form: str, level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    logs.configure(level, form, stream)
    return stream


def test_a_text_line_is_time_level_message_and_fields():
    stream = lines("text")
    log.info("synced", extra={"fields": {"application": "argocd/x", "created": 3, "none": None, "message": ""}})
    time, rest = stream.getvalue().split(" ", 1)
    assert time.endswith("Z")
    assert len(time) == len("2026-01-02T03:04:05Z")
    assert rest == "INFO synced application=argocd/x created=3\n"


def test_values_are_quoted_where_they_would_be_misread():
    stream = lines("text")
    log.warning("m", extra={"fields": {"a": "two words", "b": 'say "x"', "c": "k=v", "d": "one\ntwo", "e": "ü"}})
    assert stream.getvalue().split("WARNING ")[1] == ('m a="two words" b="say \\"x\\"" c="k=v" d="one\\ntwo" e=ü\n')


def test_a_message_cannot_forge_a_line_or_steer_a_terminal():
    stream = lines("text")
    log.info("a\n2026-01-01T00:00:00Z INFO b\x1b[31m")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_json_lines_are_objects_and_fields_keep_their_types():
    stream = lines("json")
    log.info("synced", extra={"fields": {"created": 3, "message": "done", "level": "x", "path": io.StringIO}})
    found = json.loads(stream.getvalue())
    assert {name: found[name] for name in ("level", "logger", "msg", "created", "message", "level_")} == {
        "level": "info",
        "logger": "dokaseca.test",
        "msg": "synced",
        "created": 3,
        "message": "done",
        "level_": "x",
    }
    assert "StringIO" in found["path"]


@pytest.mark.parametrize("form", logs.FORMATS)
def test_credentials_are_masked_wherever_they_stand(form):
    stream = lines(form)
    url = "https://user:s3cret@git.test/r"
    try:
        raise ValueError(url)
    except ValueError:
        log.exception("at %s", url, extra={"fields": {"url": url, "listed": [url]}})
    assert "s3cret" not in stream.getvalue()
    assert "https://********@git.test/r" in stream.getvalue()


@pytest.mark.parametrize("form", logs.FORMATS)
def test_an_exception_is_named_and_traced_only_at_debug(form):
    for level, traced in (("info", False), ("debug", True)):
        stream = lines(form, level)
        try:
            raise ValueError("no")
        except ValueError:
            log.exception("failed")
        assert "ValueError: no" in stream.getvalue()
        assert ("Traceback" in stream.getvalue()) is traced


def test_levels_hold_for_us_and_libraries_speak_from_warning_on():
    stream = lines("text", "debug")
    log.debug("ours")
    logging.getLogger("library").info("theirs")
    logging.getLogger("library").warning("loud")
    assert [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()] == ["DEBUG ours", "WARNING loud"]
    quiet = lines("text", "error")
    log.warning("x")
    assert quiet.getvalue() == ""


def test_a_second_call_replaces_the_first_and_a_closed_stream_is_no_failure():
    first = lines("text")
    second = lines("text")
    log.info("x")
    assert (first.getvalue(), second.getvalue().count("\n")) == ("", 1)
    second.close()
    log.info("y")


def test_without_a_stream_it_is_what_stderr_is_now(capsys):
    logs.configure("info", "text")
    log.info("here")
    assert capsys.readouterr().err.endswith("INFO here\n")
