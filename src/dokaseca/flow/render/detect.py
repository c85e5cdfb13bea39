"""Which tool renders a source. Pure (Argo CD: B2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from dokaseca.model.errors import UserError
from dokaseca.model.settings import Settings

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


BLOCKS = ("helm", "kustomize", "directory")


class Tool(StrEnum):
    """Source types as Argo CD names them."""

    HELM = "Helm"
    KUSTOMIZE = "Kustomize"
    DIRECTORY = "Directory"
    PLUGIN = "Plugin"


def block_or_none(spec: Mapping[str, Any]) -> Tool | None:
    """The tool that a source names by its block.

    Raises:
        UserError: more than one tool block.
    """
    blocks = [one for one in BLOCKS if _is_set(spec.get(one))]
    if spec.get("plugin") is not None:
        blocks.append("plugin")
    if len(blocks) > 1:
        raise UserError(
            f"multiple application sources defined: {', '.join(blocks)}; keep one of these blocks",
            reason="InvalidSpecError",
        )
    return Tool(blocks[0].capitalize()) if blocks else None


def tool(spec: Mapping[str, Any], names: Collection[str], settings: Settings) -> Tool:
    """The tool of a source: its own block, else what its folder holds; one that is switched off leaves plain files.

    Args:
        spec: the Application source.
        names: file names directly in the source's path.
        settings: `helm.enable` and `kustomize.enable`.

    Raises:
        UserError: more than one tool block; a chart where Helm is switched off; a setting is neither true nor false.
    """
    found = block_or_none(spec)
    if spec.get("chart"):
        if not _is_on(Tool.HELM, settings):
            raise UserError("Helm is switched off here (argocd-cm: helm.enable)", reason="UnsupportedSource")
        return found or Tool.HELM
    if found is not None:
        return found if _is_on(found, settings) else Tool.DIRECTORY
    if "Chart.yaml" in names and _is_on(Tool.HELM, settings):
        return Tool.HELM
    is_overlay = any(name in names for name in KUSTOMIZATIONS)
    return Tool.KUSTOMIZE if is_overlay and _is_on(Tool.KUSTOMIZE, settings) else Tool.DIRECTORY


def _is_on(found: Tool, settings: Settings) -> bool:
    return found not in (Tool.HELM, Tool.KUSTOMIZE) or settings.flag(f"{found.lower()}.enable", default=True)


def _is_set(value: Any) -> bool:
    """Whether a block says anything: `{recurse: false}` is as good as none (Argo CD: B1, NormalizeApplicationSpec)."""
    return any(_is_set(one) for one in value.values()) if isinstance(value, Mapping) else bool(value)
