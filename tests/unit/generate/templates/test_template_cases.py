"""Every case of tests/cases/template, by our engine and, where it has the same functions, by Helm's."""

from __future__ import annotations

import copy
import re

import pytest
from tests.unit.generate.templates import oracle, template_cases
from tests.unit.generate.templates.template_cases import TemplateCase

from dokaseca.generate import params
from dokaseca.generate.templates import engine
from dokaseca.generate.templates.gotemplate.table import FUNCTIONS, REFUSED
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import UserError

CASES = template_cases.load()
_WORD = re.compile(r"[A-Za-z_0-9]+")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_template_gives_what_its_case_says(case: TemplateCase) -> None:
    options = [f"missingkey={case.missing_key}"] if case.is_go else []
    chosen = engine.select(is_go=case.is_go, options=options, clock=FakeClock())
    values = copy.deepcopy(case.params)
    values = params.from_json(values) if case.is_go else values
    if case.expected is None:
        with pytest.raises(UserError) as caught:
            chosen.render(case.template, values)
        assert caught.value.message[-len(case.error) :] == case.error
    else:
        assert chosen.render(case.template, values) == case.expected


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(names) > 700
    assert len(set(names)) == len(names)


def test_every_function_has_a_case() -> None:
    used = {word for case in CASES for word in _WORD.findall(case.template)}
    assert (set(FUNCTIONS) | set(REFUSED)) - used == set()


def test_helm_gives_what_the_cases_say() -> None:
    alike = [case for case in CASES if case.is_like_helms]
    assert len(alike) > 600
    with oracle.Oracle() as helm:
        assert oracle.differences(helm, [_asked(case) for case in alike]) == []


def test_helm_differs_where_a_case_says_so() -> None:
    others = [case for case in CASES if case.is_alone]
    assert others
    with oracle.Oracle() as helm:
        assert [case.name for case in others if not oracle.differences(helm, [_asked(case)])] == []


def _asked(case: TemplateCase) -> oracle.Case:
    return oracle.Case(case.template, copy.deepcopy(case.params), is_whole="{{ define" in case.template)
