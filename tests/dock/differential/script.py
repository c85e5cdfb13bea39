"""Request scripts: what is asked of an API server, step by step, and what Kubernetes 1.36 answers.

A script is a YAML file: `why` (one line), `needs` (`controllers`: what kube-controller-manager does is part of it) and
`steps`. A step has `do: METHOD /path?query`, what is sent (`body` or `raw`, `content`, `accept`, `headers`) and what
comes back (`code`, `reason`, `message`, `causes`, `details`, `fields`, `absent`, `warnings`, `events`, `text`). Texts
in expectations that begin with `~` are regular expressions. `save` names values of the answer that later steps use as
`${name}`; `${ns}` is a namespace of the script's own and `${id}` makes names of cluster-scoped objects its own.
`eventually` repeats a step until the answer is as expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
import yaml

FOLDER = Path(__file__).parent / "scripts"
CONTENT = {
    "json": "application/json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json-patch": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
    "yaml": "application/yaml",
}
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SENT = frozenset({"do", "body", "raw", "content", "accept", "headers", "save", "eventually"})
_EXPECTED = frozenset(
    {"code", "reason", "message", "causes", "details", "fields", "absent", "warnings", "events", "text"}
)


@dataclass(frozen=True)
class Step:
    """One request with its expectation, variables not yet replaced."""

    number: int
    do: str
    sent: Mapping[str, Any]
    expected: Mapping[str, Any]
    save: Mapping[str, str]
    is_eventual: bool


@dataclass(frozen=True)
class Script:
    """A file of steps."""

    name: str
    why: str
    needs: frozenset[str]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Request:
    """One request, ready to send."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_watch(self) -> bool:
        return ("watch", "true") in self.query


def load(path: Path) -> Script:
    """One script.

    Raises:
        ValueError: it has a word that no script knows, or a step that expects nothing.
    """
    document = yaml.safe_load(path.read_text())
    if unknown := document.keys() - {"why", "needs", "steps"}:
        raise ValueError(f"{path.name}: unknown {sorted(unknown)}")
    steps = tuple(_step(path.name, number, raw) for number, raw in enumerate(document["steps"], 1))
    return Script(path.stem, document["why"], frozenset(document.get("needs", ())), steps)


def _step(where: str, number: int, raw: dict[str, Any]) -> Step:
    if unknown := raw.keys() - _SENT - _EXPECTED:
        raise ValueError(f"{where}, step {number}: unknown {sorted(unknown)}")
    if "code" not in raw:
        raise ValueError(f"{where}, step {number}: says no code, so that it could not fail")
    sent = {key: raw[key] for key in ("body", "raw", "content", "accept", "headers") if key in raw}
    expected = {key: raw[key] for key in _EXPECTED if key in raw}
    return Step(number, raw["do"], sent, expected, raw.get("save", {}), bool(raw.get("eventually")))


def all_scripts() -> list[Script]:
    """Every script, by name."""
    return [load(path) for path in sorted(FOLDER.glob("*.yaml"))]


def filled(value: Any, variables: Mapping[str, str]) -> Any:
    """`value` with `${name}` replaced in all its texts.

    Raises:
        KeyError: a variable that no step has saved.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: variables[found[1]], value)
    if isinstance(value, dict):
        return {filled(key, variables): filled(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, variables) for one in value]
    return value


def request(step: Step, variables: Mapping[str, str]) -> Request:
    """What `step` sends."""
    method, _, target = filled(step.do, variables).partition(" ")
    path, _, query = target.partition("?")
    sent = filled(dict(step.sent), variables)
    headers = {"user-agent": "script/1.0", **sent.get("headers", {})}
    if accept := sent.get("accept"):
        headers["accept"] = accept
    body = sent["raw"].encode() if "raw" in sent else _encoded(sent.get("body"))
    if body or "content" in sent:
        content = sent.get("content", "json")
        headers["content-type"] = CONTENT.get(content, content)
    return Request(method, path, tuple(parse_qsl(query, keep_blank_values=True)), headers, body)


def _encoded(body: Any) -> bytes:
    return b"" if body is None else orjson.dumps(body)
