"""Regular expressions in RE2, as Go has them: linear in time, so that no pattern of a user can hang the process."""

from __future__ import annotations

from typing import Any

MEMORY_BYTES = 8 << 20  # RE2's own default: larger programs do not compile


def compiled(pattern: str, *, dot_matches_newline: bool = False) -> Any:
    """The compiled pattern: `search`, `match`, `fullmatch`, `finditer` as in `re`.

    Raises:
        ValueError: it does not compile; the message is RE2's, which Go's is alike.
    """
    import re2  # loaded with the first pattern: most commands never see one

    options = re2.Options()
    options.log_errors = False  # it would write to stderr
    options.max_mem = MEMORY_BYTES
    options.dot_nl = dot_matches_newline
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise ValueError(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from error
