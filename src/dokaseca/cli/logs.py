"""Log lines: constant messages with fields, as text for people or JSON for machines."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from dokaseca.kit import redact
from dokaseca.kit.clock import rfc3339

LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("text", "json")


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send all logging to `stream`, or to what stderr is at each moment; a second call replaces the first.

    Libraries speak from warning on only, however talkative we are.
    """
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(handler)
    handler = _Handler(stream)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root.addHandler(handler)
    number = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(number, logging.WARNING))
    logging.getLogger("dokaseca").setLevel(number)


class _Handler(logging.Handler):
    """Writes a line; a stream that is gone is no reason to fail."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        stream = self._stream or sys.stderr
        try:
            stream.write(self.format(record) + "\n")
            stream.flush()
        except (OSError, ValueError):
            return


class _Text(logging.Formatter):
    """`2026-01-02T03:04:05Z INFO synced application=argocd/x created=3`"""

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{name}={_quoted(value)}" for name, value in _fields(record) if value not in (None, "")]
        line = " ".join([_time(record), record.levelname, _one_line(_message(record)), *fields])
        trace = _trace(record)
        return f"{line}\n{trace}" if trace else line


class _Json(logging.Formatter):
    """One object per line: time, level, logger, msg, and the record's fields."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": _message(record),
        }
        for name, value in _fields(record):
            entry[f"{name}_" if name in entry else name] = _safe(value)
        trace = _trace(record)
        if trace:
            entry["trace"] = trace
        return json.dumps(entry, ensure_ascii=False)


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    fields = getattr(record, "fields", None)
    if isinstance(fields, Mapping):
        yield from ((str(name), value) for name, value in fields.items())
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        yield "error", f"{type(error).__name__}: {error}"


def _safe(value: Any) -> Any:
    """A value that JSON can hold, credentials in its texts masked."""
    if isinstance(value, Mapping):
        return {str(name): _safe(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else redact.text(str(value))


def _trace(record: logging.LogRecord) -> str:
    """Where an error came from, for who asked for everything."""
    if not record.exc_info or not logging.getLogger("dokaseca").isEnabledFor(logging.DEBUG):
        return ""
    return redact.text("".join(traceback.format_exception(*record.exc_info))).rstrip()


def _message(record: logging.LogRecord) -> str:
    return redact.text(record.getMessage())


def _time(record: logging.LogRecord) -> str:
    return rfc3339(datetime.fromtimestamp(record.created, UTC))


def _quoted(value: Any) -> str:
    text = redact.text(value if isinstance(value, str) else str(value))
    plain = text.isprintable() and not any(char in text for char in ' "=')
    return text if plain else json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text, ensure_ascii=False)[1:-1]
