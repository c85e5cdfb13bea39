"""Charts of chart repositories, from folders of archives; from the network only where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dokaseca.kit import bounds, digest, redact, semver
from dokaseca.model.errors import UserError
from dokaseca.model.revision import ChartVersion
from dokaseca.ports.charts import Charts

_SUFFIX = ".tgz"


class FolderCharts:
    """`ports.charts.Charts`: a repository is a folder of `<chart>-<version>.tgz`.

    An exact version of a repository that is not here is taken for granted until its archive is asked for: an
    Application that does not change needs none.

    Args:
        folders: by URL of the repository.
        online: asked for what no folder holds; None refuses it.
    """

    def __init__(self, folders: Mapping[str, Path], online: Charts | None = None) -> None:
        self._folders = {url.rstrip("/"): folder for url, folder in folders.items()}
        self._online = online

    async def resolve(self, repository: str, chart: str, version: str, project: str = "") -> ChartVersion:
        folder = self._folders.get(repository.rstrip("/"))
        if folder is not None:
            return _found(folder, repository, chart, version)
        if not semver.is_constraint(version):
            return ChartVersion(repository, chart, version, "")
        if self._online is None:
            raise _missing(repository, chart, version)
        return await self._online.resolve(repository, chart, version)

    async def archive(self, version: ChartVersion) -> bytes:
        folder = self._folders.get(version.repository.rstrip("/"))
        if folder is not None:
            return _read(folder / version.url)
        if self._online is None:
            raise _missing(version.repository, version.chart, version.version)
        if not version.url:
            version = await self._online.resolve(version.repository, version.chart, version.version)
        return await self._online.archive(version)


def _found(folder: Path, repository: str, chart: str, version: str) -> ChartVersion:
    names = {
        one.name.removesuffix(_SUFFIX).removeprefix(f"{chart}-"): one.name for one in folder.glob(f"{chart}-*{_SUFFIX}")
    }
    exact = next((one for one in (version, version.removeprefix("v"), f"v{version}") if one in names), None)
    best = exact or semver.best_or_none(version or "*", names)
    if best is None:
        raise UserError(
            f"{folder} holds no archive {chart}-{version}{_SUFFIX}; put it there with helm pull",
            reason="ChartNotFound",
            subject=redact.text(repository),
        )
    return ChartVersion(repository, chart, best, names[best], digest.of_bytes(_read(folder / names[best])))


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size <= bounds.CHART_ARCHIVE_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", reason="ChartNotFound") from error
    raise UserError(f"{path} is larger than {bounds.CHART_ARCHIVE_BYTES // 2**20} MiB", reason="TooLarge")


def _missing(repository: str, chart: str, version: str) -> UserError:
    shown = redact.text(repository)
    return UserError(
        f"chart {chart} {version or '*'} is not on this machine; add --repo {shown}=FOLDER with its archive, or allow "
        "--fetch-charts",
        reason="ChartNotFound",
        subject=shown,
    )
