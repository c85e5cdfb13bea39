"""Charts from folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dokaseca.model.errors import UserError
from dokaseca.wiring import preview_tools
from dokaseca.wiring.offline.charts import FolderCharts

URL = "https://charts.example/stable"


async def test_a_folder_answers_versions_and_constraints(tmp_path: Path) -> None:
    for version in ("1.0.0", "1.2.0", "2.0.0"):
        (tmp_path / f"web-{version}.tgz").write_bytes(version.encode())
    charts = FolderCharts({f"{URL}/": tmp_path})
    exact, best = await charts.resolve(URL, "web", "v1.0.0"), await charts.resolve(URL, "web", "1.x")
    assert (exact.version, best.version) == ("1.0.0", "1.2.0")
    assert await charts.archive(best) == b"1.2.0"
    assert exact.digest != best.digest
    with pytest.raises(UserError, match=r"holds no archive web-3\.0\.0\.tgz"):
        await charts.resolve(URL, "web", "3.0.0")


async def test_a_chart_that_is_not_here_is_missed_when_it_is_read() -> None:
    charts = FolderCharts({})
    found = await charts.resolve(URL, "web", "1.0.0")
    assert (found.version, found.url) == ("1.0.0", "")
    with pytest.raises(UserError, match=r"add --repo https://charts\.example/stable=FOLDER"):
        await charts.archive(found)
    with pytest.raises(UserError, match="--fetch-charts"):
        await charts.resolve(URL, "web", "1.x")


def test_a_cache_is_cut_to_its_size(tmp_path: Path) -> None:
    for name in ("aa/old", "bb/young"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"0" * 100)

    os.utime(tmp_path / "aa/old", (1, 1))
    preview_tools.trim(tmp_path, 200)
    assert (tmp_path / "aa/old").exists()
    preview_tools.trim(tmp_path, 199)
    assert not (tmp_path / "aa/old").exists()
    assert (tmp_path / "bb/young").exists()
