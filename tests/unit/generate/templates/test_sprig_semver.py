"""Versions in templates: what is wrong with them is told; the rest is compared with Helm's engine."""

from __future__ import annotations

import pytest

from dokaseca.generate.templates.gotemplate import template
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import UserError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{{ semver "main" }}', "error calling semver: invalid semantic version"),
        ('{{ semverCompare ">=1" "main" }}', "error calling semverCompare: invalid semantic version"),
        ('{{ semverCompare ">=main" "1.2.3" }}', 'error calling semverCompare: improper constraint: ">=main"'),
    ],
)
def test_what_is_no_version_or_range_is_an_error(text: str, message: str) -> None:
    compiled = template.compile_text(text, "default")
    assert compiled is not None
    with pytest.raises(UserError, match=message):
        compiled[0]({}, FakeClock())
