"""`make demo` is the product's promise: each of its steps must happen."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.harness import dokaseca

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_the_demo_shows_every_effect(tmp_path: Path) -> None:
    ended = dokaseca("demo", "--dir", str(tmp_path / "p"), home=tmp_path / "home")
    assert ended.code == 0, ended.out + ended.err
    for said in (
        "A commit to workloads goes live in dev",
        "A flag on prod's Secret brings an addon there",
        "A Deployment deleted by hand is healed",
        "An image edited by hand is healed",
        "A file removed from Git takes its objects along",
    ):
        assert ended.out.count(said) == 2, ended.out
    assert not (tmp_path / "p").exists()


def test_the_demo_wants_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    ended = dokaseca("demo", "--dir", str(tmp_path), home=tmp_path / "home")
    assert ended.code == 2
    assert "is not empty" in ended.err
