"""What a tool printed: read beside the event loop when it is much, refused when no cluster could store it."""

from __future__ import annotations

import threading

import pytest

from dokaseca.flow.render import post
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError

CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n"
MARK = "---\n# Source: chart/templates/a.yaml\n"


def manifest(size: int) -> str:
    lines = "".join(f"  key-{number}: {'x' * 80}\n" for number in range(size // 95))
    return CM + lines


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each text that is parsed, whether that happens on the event loop's thread."""
    found: list[bool] = []
    real = post.yaml_in.load_all

    def load_all(text: bytes | str, *, subject: str) -> list[post.yaml_in.Document]:
        found.append(threading.current_thread() is threading.main_thread())
        return real(text, subject=subject)

    monkeypatch.setattr(post.yaml_in, "load_all", load_all)
    return found


async def test_a_little_is_read_at_once_and_much_beside_the_loop(threads: list[bool]) -> None:
    assert len(await post.parse_beside(manifest(1000), subject="a.yaml")) == 1
    assert len(await post.parse_beside(manifest(200_000), subject="a.yaml")) == 1
    assert len(await post.parse_chart_beside(MARK + manifest(1000), chart="chart")) == 1
    assert len(await post.parse_chart_beside(MARK + manifest(200_000), chart="chart")) == 1
    assert threads == [True, False, True, False]


async def test_what_is_read_beside_the_loop_tells_its_errors() -> None:
    with pytest.raises(UserError, match="has no kind") as caught:
        await post.parse_beside(manifest(200_000).replace("kind: ConfigMap", "x: y"), subject="a.yaml")
    assert caught.value.subject == "a.yaml:1"


def test_an_object_that_no_cluster_stores_is_refused_with_file_and_name() -> None:
    fits = post.parse(manifest(1_200_000), subject="app/fits.yaml")
    assert post.checked(fits) == fits
    with pytest.raises(UserError, match=r"ConfigMap big has \d{7} bytes, .* more than 1572864; split it") as caught:
        post.checked([*fits, *post.parse(manifest(2_000_000), subject="app/big.yaml")])
    assert (caught.value.reason, caught.value.subject) == ("TooLarge", "app/big.yaml:1")
    assert bounds.OBJECT_BYTES == 1_572_864
