from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.adapters import chart_folder
from dokaseca.adapters.helm import HelmWorkers
from dokaseca.bridge import examples
from dokaseca.ports.renderer import HelmRequest

CHART = {
    "podinfo/Chart.yaml": b"apiVersion: v2\nname: podinfo\nversion: 1.2.0\n",
    "podinfo/templates/a.yaml": b"kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
    "podinfo/charts/redis/Chart.yaml": b"apiVersion: v2\nname: redis\nversion: 9.9.9\n",
    "README.md": b"not a chart",
}


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        return {one.name: (found.extractfile(one) or io.BytesIO()).read() for one in found}


def test_every_chart_is_packed_with_its_subcharts(tmp_path: Path) -> None:
    assert chart_folder.publish(tmp_path / "charts", CHART) == ["podinfo-1.2.0.tgz"]
    assert members((tmp_path / "charts" / "podinfo-1.2.0.tgz").read_bytes()) == {
        path: content for path, content in CHART.items() if path != "README.md"
    }
    assert [path.name for path in (tmp_path / "charts").iterdir()] == ["podinfo-1.2.0.tgz"]


def test_an_archive_that_is_there_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "podinfo-1.2.0.tgz").write_bytes(b"mine")
    (tmp_path / ".podinfo-1.3.0.tgz.new").write_bytes(b"half of an archive")  # a crash
    newer = CHART["podinfo/Chart.yaml"].replace(b"1.2.0", b"1.3.0")
    more = {**CHART, "newer/Chart.yaml": newer, "newer/values.yaml": b""}
    assert chart_folder.publish(tmp_path, more) == ["podinfo-1.3.0.tgz"]
    assert (tmp_path / "podinfo-1.2.0.tgz").read_bytes() == b"mine"
    assert list(members((tmp_path / "podinfo-1.3.0.tgz").read_bytes())) == ["podinfo/Chart.yaml", "podinfo/values.yaml"]
    assert chart_folder.publish(tmp_path, more) == []


def test_what_is_no_chart_is_none(tmp_path: Path) -> None:
    assert chart_folder.publish(tmp_path, {"Chart.yaml": b"name: root", "a/values.yaml": b""}) == []


@pytest.mark.parametrize(
    ("paths", "charts"),
    [
        (["b/Chart.yaml", "a/Chart.yaml"], ["a", "b"]),
        (["a/Chart.yaml", "a/charts/b/Chart.yaml"], ["a"]),
        (["a/Chart.yaml", "a-b/Chart.yaml"], ["a", "a-b"]),
        (["x/y/z/Chart.yaml", "x/w/Chart.yaml"], ["x/w", "x/y/z"]),
        (["a/chart.yaml", "a/MyChart.yaml", "Chart.yaml"], []),
    ],
)
def test_a_chart_is_a_folder_of_its_own(paths: list[str], charts: list[str]) -> None:
    assert list(chart_folder.charts(dict.fromkeys(paths, b""))) == charts


@given(files=st.dictionaries(st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}", fullmatch=True), st.binary(max_size=50)))
def test_equal_files_make_equal_archives_whatever_their_order(files: dict[str, bytes]) -> None:
    archive = chart_folder.pack("a", files)
    assert chart_folder.pack("a", dict(reversed(files.items()))) == archive
    assert members(archive) == {f"a/{path}": content for path, content in files.items()}


async def test_helm_reads_what_is_packed(tmp_path: Path) -> None:
    helm = HelmWorkers()
    published = chart_folder.publish(tmp_path, examples.files("charts"))
    assert len(published) == len({*chart_folder.charts(examples.files("charts"))})
    try:
        for name in published:
            archive = (tmp_path / name).read_bytes()
            rendered = await helm.render(HelmRequest(release_name="a", namespace="a", archive=archive))
            assert "kind: " in rendered
    finally:
        await helm.close()
