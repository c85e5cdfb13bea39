"""The key of a rendered source: a digest of everything that rendering reads. Pure."""

from __future__ import annotations

from typing import Any

from dokaseca.kit import digest

FORMAT = 2  # counts up whenever the same input would render differently by a change of ours


def of(tool: str, inputs: dict[str, Any]) -> str:
    """64 hex digits; `inputs` is JSON: Git object ids, chart digests, values, names, versions."""
    return digest.of_value({"format": FORMAT, "tool": tool, "inputs": inputs})
