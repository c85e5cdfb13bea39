"""Which tool renders a source (Argo CD: B2)."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.flow.render import detect
from dokaseca.flow.render.detect import Tool
from dokaseca.model.errors import UserError


@pytest.mark.parametrize(
    ("spec", "names", "tool"),
    [
        ({}, [], Tool.DIRECTORY),
        ({}, ["a.yaml"], Tool.DIRECTORY),
        ({}, ["Chart.yaml"], Tool.HELM),
        ({}, ["chart.yaml"], Tool.DIRECTORY),
        ({}, ["Chart.yaml", "kustomization.yaml"], Tool.HELM),
        ({}, ["kustomization.yaml"], Tool.KUSTOMIZE),
        ({}, ["kustomization.yml"], Tool.KUSTOMIZE),
        ({}, ["Kustomization"], Tool.KUSTOMIZE),
        ({"chart": "demo"}, [], Tool.HELM),
        ({"helm": {"releaseName": "x"}}, ["kustomization.yaml"], Tool.HELM),
        ({"kustomize": {"namePrefix": "x"}}, ["Chart.yaml"], Tool.KUSTOMIZE),
        ({"directory": {"recurse": True}}, ["Chart.yaml"], Tool.DIRECTORY),
        ({"helm": {}, "kustomize": None}, ["kustomization.yaml"], Tool.KUSTOMIZE),
    ],
)
def test_the_block_decides_then_the_files(spec: dict[str, Any], names: list[str], tool: Tool) -> None:
    assert detect.tool(spec, names) is tool


def test_two_blocks_are_one_too_many() -> None:
    with pytest.raises(UserError, match="helm, directory; keep one of these blocks") as caught:
        detect.tool({"helm": {"releaseName": "x"}, "directory": {"recurse": True}}, [])
    assert caught.value.reason == "InvalidSpecError"


def test_plugins_are_told_to_be_unsupported() -> None:
    with pytest.raises(UserError, match="config management plugins are not supported"):
        detect.tool({"plugin": {"name": "x"}}, [])
