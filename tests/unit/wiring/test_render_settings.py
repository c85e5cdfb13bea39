"""Variables of Argo CD's repo-server."""

from __future__ import annotations

import pytest

from dokaseca.flow.render.failures import Pause
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError
from dokaseca.wiring import render_settings


@pytest.mark.parametrize(
    ("text", "seconds"), [("", bounds.PLUGIN_SECONDS), ("2m30s", 150), ("500ms", 0.5), ("1h", 3600)]
)
def test_the_time_of_a_command(text: str, seconds: float) -> None:
    assert render_settings.exec_timeout_seconds({render_settings.EXEC_TIMEOUT: text}) == seconds


@pytest.mark.parametrize("text", ["90", "0s", "2h", "-1s", "1d", "1s x"])
def test_another_time_is_an_error(text: str) -> None:
    with pytest.raises(UserError, match="ARGOCD_EXEC_TIMEOUT is"):
        render_settings.exec_timeout_seconds({render_settings.EXEC_TIMEOUT: text})


def test_when_a_failing_source_is_left_alone() -> None:
    assert render_settings.pause({}) == Pause()
    given = {render_settings.PAUSE_AFTER: "5", render_settings.PAUSE_MINUTES: "0", render_settings.PAUSE_REQUESTS: "7"}
    assert render_settings.pause(given) == Pause(after_count=5, minutes=0, requests=7)


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9999999"])
def test_what_is_no_whole_number_is_an_error(text: str) -> None:
    with pytest.raises(UserError, match="whole number"):
        render_settings.pause({render_settings.PAUSE_AFTER: text})
