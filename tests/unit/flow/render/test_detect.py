"""Which tool renders a source (Argo CD: B2)."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.flow.render import detect
from dokaseca.flow.render.detect import Tool
from dokaseca.model.errors import UserError
from dokaseca.model.settings import Settings


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
    assert detect.tool(spec, names, Settings()) is tool


def test_two_blocks_are_one_too_many() -> None:
    with pytest.raises(UserError, match="helm, directory; keep one of these blocks") as caught:
        detect.tool({"helm": {"releaseName": "x"}, "directory": {"recurse": True}}, [], Settings())
    assert caught.value.reason == "InvalidSpecError"


@pytest.mark.parametrize(
    ("spec", "names", "off"),
    [
        ({}, ["Chart.yaml"], "helm.enable"),
        ({"helm": {"releaseName": "x"}}, ["Chart.yaml"], "helm.enable"),
        ({}, ["kustomization.yaml"], "kustomize.enable"),
        ({"kustomize": {"namePrefix": "x"}}, ["kustomization.yaml"], "kustomize.enable"),
    ],
)
def test_a_tool_that_is_switched_off_leaves_plain_files(spec: dict[str, Any], names: list[str], off: str) -> None:
    assert detect.tool(spec, names, Settings({off: "false"})) is Tool.DIRECTORY
    assert detect.tool(spec, names, Settings({off: "true"})) is not Tool.DIRECTORY


def test_without_helm_a_folder_of_both_is_an_overlay() -> None:
    names = ["Chart.yaml", "kustomization.yaml"]
    assert detect.tool({}, names, Settings({"helm.enable": "false"})) is Tool.KUSTOMIZE


def test_a_chart_of_a_repository_is_refused_where_helm_is_switched_off() -> None:
    with pytest.raises(UserError, match="Helm is switched off") as caught:
        detect.tool({"chart": "demo"}, [], Settings({"helm.enable": "false"}))
    assert caught.value.reason == "UnsupportedSource"


@pytest.mark.parametrize("block", [{}, {"name": "x"}])
def test_a_plugin_block_is_a_choice_even_when_it_is_empty(block: dict[str, Any]) -> None:
    assert detect.block_or_none({"plugin": block}) is Tool.PLUGIN
