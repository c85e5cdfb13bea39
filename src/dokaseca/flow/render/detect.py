"""Which tool renders a source. Pure (Argo CD: B2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from dokaseca.model.errors import UserError

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


BLOCKS = ("helm", "kustomize", "directory")


class Tool(StrEnum):
    """Source types as Argo CD names them."""

    HELM = "Helm"
    KUSTOMIZE = "Kustomize"
    DIRECTORY = "Directory"


def tool(spec: Mapping[str, Any], names: Collection[str]) -> Tool:
    """The tool of a source: its own block, else what its folder holds.

    Args:
        spec: the Application source.
        names: file names directly in the source's path.

    Raises:
        UserError: more than one tool block, or a plugin.
    """
    blocks = [one for one in BLOCKS if _is_set(spec.get(one))]
    if spec.get("plugin") is not None:
        blocks.append("plugin")
    if len(blocks) > 1:
        raise UserError(
            f"multiple application sources defined: {', '.join(blocks)}; keep one of these blocks",
            reason="InvalidSpecError",
        )
    if "plugin" in blocks:
        raise UserError(
            "config management plugins are not supported; render with Helm, Kustomize, jsonnet or plain YAML",
            reason="UnsupportedSource",
        )
    if blocks and blocks[0] != "directory":
        return Tool(blocks[0].capitalize())
    if "directory" in blocks:
        return Tool.DIRECTORY
    if spec.get("chart") or "Chart.yaml" in names:
        return Tool.HELM
    return Tool.KUSTOMIZE if any(name in names for name in KUSTOMIZATIONS) else Tool.DIRECTORY


def _is_set(value: Any) -> bool:
    """Whether a block says anything: `{recurse: false}` is as good as none (Argo CD: B1, NormalizeApplicationSpec)."""
    return any(_is_set(one) for one in value.values()) if isinstance(value, Mapping) else bool(value)
