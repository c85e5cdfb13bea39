"""Whole numbers for templates: a hidden template that runs before all others and turns floating point values back.

Values reach Helm's library as JSON, in which every number is floating point; `helm --set` gives whole numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Path = Sequence[str | int]

DEPTH = 64  # Helm runs the templates that lie deepest first; no subchart lies this deep
NAME = "templates/" + "d/" * DEPTH + "integers.yaml"


def template(values: dict[str, Any], paths: Sequence[Path]) -> str:
    """The template's text; it prints nothing."""
    shared = [path for path in paths if path[0] == "global"]
    lines = [_assignment(".Values", values, path) for path in paths if path[0] != "global"]
    if shared:  # every subchart has a copy of the global values
        lines += [
            '{{- define "dokaseca.integers" }}',
            *(_assignment(".", values, path) for path in shared),
            '{{- range $name, $below := . }}{{- if and (kindIs "map" $below) (ne $name "global") }}',
            '{{- if hasKey $below "global" }}{{- include "dokaseca.integers" $below }}{{- end }}',
            "{{- end }}{{- end }}{{- end }}",
            '{{- include "dokaseca.integers" .Values }}',
        ]
    return "".join(lines)


def _assignment(root: str, values: dict[str, Any], path: Path) -> str:
    *above, last = path
    number = f"(int64 {_at(values, path)})"
    if isinstance(last, str):
        return f"{{{{- $_ := set {_index(root, above)} {_quoted(last)} {number} }}}}"
    *above, name = above
    if not isinstance(name, str):
        return ""  # a list in a list: nothing in a template can change it
    items = _index(root, [*above, name])
    elements = [f"(index {items} {index})" for index in range(len(_at(values, [*above, name])))]
    elements[last] = number
    return f"{{{{- $_ := set {_index(root, above)} {_quoted(name)} (list {' '.join(elements)}) }}}}"


def _index(root: str, path: Path) -> str:
    steps = " ".join(str(step) if isinstance(step, int) else _quoted(step) for step in path)
    return f"(index {root} {steps})" if steps else root


def _at(values: Any, path: Path) -> Any:
    for step in path:
        values = values[step]
    return values


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
