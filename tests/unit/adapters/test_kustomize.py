"""Kustomize through the real program; what sources may ask of it is in tests/cases/render."""

from __future__ import annotations

import asyncio

import pytest

from dokaseca.adapters.kustomize import KustomizeProgram
from dokaseca.kit import bounds, yaml_in
from dokaseca.model.errors import UserError

CM = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


async def test_only_the_given_files_are_there() -> None:
    files = {"app/kustomization.yaml": b"resources: [a.yaml, /etc/hosts]\n", "app/a.yaml": CM}
    with pytest.raises(UserError, match="Kustomize: ") as caught:
        await KustomizeProgram().build(files, "app")
    assert caught.value.reason == "KustomizeBuildFailed"


@pytest.mark.parametrize(
    ("kustomization", "message"),
    [
        (b"resources: [nope.yaml]\n", "nope.yaml"),
        (b"resources: [a.yaml]\nnamePreffix: x\n", "unknown field"),
        (b"resources: [a.yaml, a.yaml]\n", "may not add resource with an already registered id"),
        (b"resources: ['https://127.0.0.1:9/x//y']\n", "127.0.0.1"),
        (b"resources: ['https://example.com/x.yaml']\n", "127.0.0.1:9"),
    ],
)
async def test_errors_are_kustomizes_own_without_our_folders(kustomization: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        await KustomizeProgram().build({"app/kustomization.yaml": kustomization, "app/a.yaml": CM}, "app")
    assert "dokaseca-kustomize" not in caught.value.message


async def test_builds_run_side_by_side() -> None:
    program = KustomizeProgram()
    texts = await asyncio.gather(
        *(
            program.build(
                {"kustomization.yaml": f"resources: [a.yaml]\nnamePrefix: p{number}-\n".encode(), "a.yaml": CM}, ""
            )
            for number in range(4)
        )
    )
    names = [yaml_in.load(text, subject="x")["metadata"]["name"] for text in texts]
    assert names == ["p0-a", "p1-a", "p2-a", "p3-a"]


async def test_a_build_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(UserError, match=r"Kustomize: kubectl took longer than 0\.001 s and was stopped") as caught:
        await KustomizeProgram(timeout_seconds=0.001).build(
            {"kustomization.yaml": b"resources: [a.yaml]", "a.yaml": CM}, ""
        )
    assert caught.value.reason == "RenderTimeout"


async def test_an_overlay_that_fills_the_memory_is_stopped_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "RENDER_MEMORY_BYTES", 300 * 2**20)
    lists = "".join(f"x{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'l'] * 10)}]\n" for n in range(8))
    with pytest.raises(
        UserError, match="Kustomize: it needs more than 300 MiB of memory; look for YAML aliases"
    ) as caught:
        await KustomizeProgram().build(
            {"kustomization.yaml": b"resources: [a.yaml]", "a.yaml": CM + lists.encode()}, ""
        )
    assert caught.value.reason == "KustomizeBuildFailed"


async def test_a_path_that_leaves_the_folder_is_never_written() -> None:
    with pytest.raises(ValueError, match="leaves its repository"):
        await KustomizeProgram().build({"../../escaped.yaml": b"x"}, "")
