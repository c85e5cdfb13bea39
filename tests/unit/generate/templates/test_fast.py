"""The engine of `{{ key }}`: what the data cases of tests/cases/template cannot say."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.generate.templates import fast
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError

_TEXTS = st.lists(st.sampled_from(["{{", "}}", "{", "}", " ", "\n", "a", "b", "\u3000"]) | st.text(max_size=3)).map(
    "".join
)


@given(_TEXTS, st.dictionaries(st.sampled_from(["a", "b", "ab", ""]), st.text(max_size=5) | st.integers(), max_size=3))
def test_any_text_is_rendered_or_refused(text: str, params: dict[str, Any]) -> None:
    try:
        renderer = fast.compile_text(text)
    except UserError as error:
        assert error.reason == "TemplateParseError"
        assert text.rpartition("{{")[2].count("}}") == 0
        return
    if renderer is None:
        assert not any("{{" in line and "}}" in line.partition("{{")[2] for line in text.split("\n"))
    else:
        assert isinstance(renderer(params), str)


@given(_TEXTS)
def test_without_parameters_everything_stays(text: str) -> None:
    try:
        renderer = fast.compile_text(text)
    except UserError:
        return
    assert renderer is None or renderer({}) == text


def test_a_long_text_takes_a_short_time() -> None:
    started = time.perf_counter()
    assert fast.compile_text("{{" * 300_000) is None
    assert fast.compile_text("{{ \n }}" * 100_000) is None
    assert time.perf_counter() - started < 2


def test_the_output_is_limited() -> None:
    renderer = fast.compile_text("{{a}}" * 1000)
    assert renderer is not None
    with pytest.raises(UserError, match=f"larger than {bounds.TEMPLATE_OUTPUT_BYTES} bytes"):
        renderer({"a": "x" * 100_000})


def test_an_error_shows_the_beginning_of_a_long_text() -> None:
    with pytest.raises(UserError) as caught:
        fast.compile_text("{{a}}" * 100 + "{{ open")
    assert len(caught.value.message) < 300
    assert caught.value.message.endswith('starts with "{{ open"')
