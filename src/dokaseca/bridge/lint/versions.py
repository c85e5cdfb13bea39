"""Versions of one addon from environment to environment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dokaseca.bridge.lint.facts import ApplicationSet
from dokaseca.kit import semver
from dokaseca.kit.semver import Version


@dataclass(frozen=True, slots=True)
class Step:
    """Two neighbouring environments that run one chart in different versions."""

    chart: str
    earlier: str
    later: str
    earlier_version: str
    later_version: str
    is_ahead: bool
    majors: int


def steps(each: ApplicationSet, environments: Sequence[str]) -> Iterator[Step]:
    """Where a chart's version changes between one environment and the next that runs it.

    Versions that are none, such as ranges and branches, cannot be compared and are passed over.
    """
    charts = dict.fromkeys(chart for one in each.generated for chart in one.versions)
    for chart in charts:
        found = [(name, text) for name in environments if (text := _version_or_none(each, name, chart)) is not None]
        for (earlier, earlier_text), (later, later_text) in pairwise(found):
            before, after = _parse(earlier_text), _parse(later_text)
            if before is not None and after is not None and before != after:
                majors = abs(before.major - after.major)
                yield Step(chart, earlier, later, earlier_text, later_text, after > before, majors)


def _version_or_none(each: ApplicationSet, environment: str, chart: str) -> str | None:
    """The newest that any cluster of the environment runs."""
    texts = {one.versions[chart] for one in each.generated if one.environment == environment and chart in one.versions}
    known = [(version, text) for text in texts if (version := _parse(text)) is not None]
    return max(known)[1] if known else None


def _parse(text: str) -> Version | None:
    return semver.parse_or_none(text)
