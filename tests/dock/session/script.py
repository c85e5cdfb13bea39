"""Chapters of a kubectl session as data: what is typed, and what a real cluster answers.

Expected text is exact but for runs of spaces (columns grow with ages) and for placeholders in braces:
what a cluster makes up (`{hash}`, `{uid}`, `{ip}`), what time does (`{age}`, `{time}`), any text (`{any}`, `{lines}`).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "chapters"
_LINES = r"(?:.*\n)*?"
_PLACEHOLDERS = {
    "address": r"198\.51\.100\.\d+",
    "age": r"\d+[smhdy](?:\d+[smhd])?",
    "any": r"[^\n]*?",
    "date": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000",
    "hash": r"[bcdfghjklmnpqrstvwxz2456789]+",
    "ip": r"10\.24[4-7](?:\.\d+){2}",
    "lines": _LINES,
    "number": r"\d+",
    "port": r"3[0-2]\d{3}",
    "service": r"10\.96(?:\.\d+){2}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "uid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
_PLACEHOLDER = re.compile(r"\\\{(" + "|".join(_PLACEHOLDERS) + r")\\\}")
_KEYS = frozenset({"run", "stdin", "env", "code", "out", "err", "out_matches", "err_matches", "watch", "eventually"})


@dataclass(frozen=True)
class Step:
    """One command and its answer.

    Attributes:
        arguments: behind `kubectl`.
        code: the exit code; failures need their `err`.
        out_is_pattern: whether `out` is a regular expression; `err_is_pattern` likewise.
        watch: steps done while the command runs, each making it print a line; it is ended when it has printed `out`.
        eventually: whether a controller has to catch up first: the command is repeated until it answers as expected.
    """

    arguments: tuple[str, ...]
    stdin: str = ""
    env: dict[str, str] = field(default_factory=dict)
    code: int = 0
    out: str = ""
    err: str = ""
    out_is_pattern: bool = False
    err_is_pattern: bool = False
    watch: tuple[Step, ...] = ()
    eventually: bool = False

    def __str__(self) -> str:
        return "kubectl " + shlex.join(self.arguments)


@dataclass(frozen=True)
class Chapter:
    """Steps in order, in a namespace of the chapter's name, in a folder with `files`."""

    name: str
    about: str
    files: dict[str, str]
    steps: tuple[Step, ...]


def _step(document: dict[str, Any]) -> Step:
    unknown = document.keys() - _KEYS
    if unknown:
        raise ValueError(f"{document.get('run')}: a step has no {sorted(unknown)}")
    return Step(
        arguments=tuple(shlex.split(document["run"])),
        stdin=document.get("stdin", ""),
        env=document.get("env", {}),
        code=document.get("code", 0),
        out=document.get("out_matches", document.get("out", "")),
        err=document.get("err_matches", document.get("err", "")),
        out_is_pattern="out_matches" in document,
        err_is_pattern="err_matches" in document,
        watch=tuple(_step(one) for one in document.get("watch", ())),
        eventually=document.get("eventually", False),
    )


@cache
def chapters() -> tuple[Chapter, ...]:
    """All chapters, in the order of their files."""
    found = []
    for path in sorted(_FOLDER.glob("*.yaml")):
        document = yaml.safe_load(path.read_text())
        name = path.stem.partition("-")[2]
        steps = tuple(_step(one) for one in document["steps"])
        found.append(Chapter(name, document["about"], document.get("files", {}), steps))
    return tuple(found)


def differs(expected: str, printed: str, *, is_pattern: bool = False) -> str:
    """What to tell about a text that is not the expected one; empty where it is."""
    if is_pattern:
        found = re.fullmatch(expected, printed.strip())
    else:
        found = re.fullmatch(_pattern(normal(expected)), normal(printed))
    if found:
        return ""
    return f"expected:\n{expected}\nprinted:\n{printed}"


def normal(text: str) -> str:
    """`text` with single spaces inside its lines, and none at their ends; what a line begins with stays."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        bare = line.lstrip()
        lines.append(line[: len(line) - len(bare)] + " ".join(bare.split()))
    return "\n".join(lines) + "\n"


def _pattern(text: str) -> str:
    pattern = _PLACEHOLDER.sub(lambda found: f"(?:{_PLACEHOLDERS[found[1]]})", re.escape(text))
    return pattern.replace(f"(?:{_LINES})\\\n", f"(?:{_LINES})")  # lines end themselves
