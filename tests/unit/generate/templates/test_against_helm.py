"""Random templates do in our engine what they do in Helm's: the same text, or the same failure at the same place."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.generate.templates import grammar, oracle

_EXPRESSIONS = st.one_of(grammar.expressions(), grammar.pipelines()).map("{{{{ {} }}}}".format)


def _batches(texts: st.SearchStrategy[str], size: int) -> st.SearchStrategy[list[str]]:
    """Many at once, since each question to Helm takes its time."""
    return st.lists(texts, min_size=size, max_size=size)


_AS_LONG_AS_NEEDED = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,  # the same templates with every run of the tests; `fuzz/templates.py` tries others
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


@_AS_LONG_AS_NEEDED
@given(_batches(_EXPRESSIONS, 60))
def test_expressions_give_what_helms_give(texts: list[str]) -> None:
    _compare(texts)


@_AS_LONG_AS_NEEDED
@given(_batches(grammar.templates(), 30))
def test_templates_give_what_helms_give(texts: list[str]) -> None:
    _compare(texts)


def _compare(texts: list[str]) -> None:
    with oracle.Oracle() as helm:
        assert oracle.differences(helm, [oracle.Case(text, grammar.PARAMS) for text in texts]) == []
