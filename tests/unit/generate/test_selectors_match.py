from __future__ import annotations

from typing import Any

import pytest

from dokaseca.generate import selectors_match

DEV = {"env": "dev"}
CLUSTERS = {"clusters": {"selector": {"matchLabels": DEV}}}


@pytest.mark.parametrize(
    ("generators", "before", "after", "expected"),
    [
        ([CLUSTERS], None, DEV, True),
        ([CLUSTERS], DEV, None, True),
        ([CLUSTERS], DEV, {"env": "prod"}, True),
        ([CLUSTERS], {"env": "stg"}, {"env": "prod"}, False),
        ([{"clusters": {}}], None, {}, True),
        ([{"list": {"elements": []}}], None, DEV, False),
        ([{"matrix": {"generators": [{"git": {}}, CLUSTERS]}}], None, DEV, True),
        ([{"merge": {"generators": [{"list": {}}, {"matrix": {"generators": [CLUSTERS, {}]}}]}}], None, DEV, True),
        ([{"matrix": {"generators": [{"git": {}}, CLUSTERS]}}], None, {"env": "x"}, False),
        ([{"clusters": {"selector": {"matchLabels": {"env": "{{env}}"}}}}], None, {"a": "b"}, True),
        ([{"clusters": {"selector": {"matchExpressions": "broken"}}}], None, {}, True),
        ([{"clusterDecisionResource": {}}], None, {}, True),
        ("broken", None, {}, False),
        ([None], None, {}, False),
    ],
)
def test_a_cluster_wakes_what_selects_it_before_or_after(
    generators: Any, before: dict[str, str] | None, after: dict[str, str] | None, expected: bool
) -> None:
    assert selectors_match.can_wake({"spec": {"generators": generators}}, before, after) is expected


def test_repositories_are_found_at_any_depth() -> None:
    generators = [{"git": {"repoURL": "a"}}, {"matrix": {"generators": [{"git": {"repoURL": "b"}}, {"list": {}}]}}]
    assert list(selectors_match.repositories(generators)) == ["a", "b"]
