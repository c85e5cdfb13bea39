"""The build environment in options."""

from __future__ import annotations

import pytest

from dokaseca.flow.render import environment

BUILD = {"ARGOCD_APP_NAME": "shop", "ARGOCD_APP_REVISION": "abc", "A": "1"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$ARGOCD_APP_NAME", "shop"),
        ("${ARGOCD_APP_NAME}-x", "shop-x"),
        ("$ARGOCD_APP_NAME-x", "shop-x"),
        ("$ARGOCD_APP_NAMES", ""),
        ("a$A$A", "a11"),
        ("$$A", "$A"),
        ("$$$A", "$1"),
        ("$", "$"),
        ("$1", "$1"),
        ("${A", "${A"),
        ("${A-b}", "${A-b}"),
        ("no", "no"),
    ],
)
def test_names_are_replaced(text: str, result: str) -> None:
    assert environment.substituted(text, BUILD) == result


def test_used_finds_names_at_any_depth_and_no_others() -> None:
    assert environment.used({"a": [{"b": "x-${A}"}], "$ARGOCD_APP_NAME": 1}, BUILD) == {
        "A": "1",
        "ARGOCD_APP_NAME": "shop",
    }
    assert environment.used({"a": "$ARGOCD_APP_NAMES $$ ARGOCD_APP_REVISION"}, BUILD) == {}
