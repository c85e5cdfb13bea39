from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.generate import deletion_guard
from dokaseca.generate.deletion_guard import Budget
from dokaseca.model.application_set import Reason
from dokaseca.model.errors import UserError

Manifest = dict[str, Any]


def application_set(**annotations: str) -> Manifest:
    written = {f"dokaseca.dev/{name.replace('_', '-')}": value for name, value in annotations.items()}
    return {"metadata": {"name": "set", "namespace": "argocd", "annotations": written}}


def applications(*names: str, uid: str = "u") -> list[Manifest]:
    return [{"metadata": {"name": name, "namespace": "argocd", "uid": f"{uid}-{name}"}} for name in names]


@pytest.mark.parametrize(
    ("children", "allowed"), [(0, 0), (1, 1), (2, 1), (9, 1), (10, 2), (14, 2), (15, 3), (50, 10), (1000, 10)]
)
def test_by_default_a_fifth_may_go_one_at_least_and_ten_at_most(children: int, allowed: int) -> None:
    assert Budget().allows(children) == allowed


@pytest.mark.parametrize(
    ("text", "budget", "of_ten"),
    [
        ("3", Budget(3, None), 3),
        ("0", Budget(0, None), 0),
        ("50%", Budget(None, 50), 5),
        ("0%", Budget(None, 0), 0),
        ("1%", Budget(None, 1), 1),
        ("100%", Budget(None, 100), 10),
        (" 4 , 20% ", Budget(4, 20), 2),
        ("20%,1", Budget(1, 20), 1),
        ("unlimited", Budget(None, None), 10),
    ],
)
def test_the_annotation_says_number_share_or_both(text: str, budget: Budget, of_ten: int) -> None:
    found = deletion_guard.budget(application_set(deletion_budget=text))
    assert found == budget
    assert found.allows(10) == of_ten
    assert deletion_guard.budget(application_set(deletion_budget=str(found))) == found


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "101%", "1,2", "1%,2%", "5,", "unlimited,5", "123456", "½"])
def test_a_budget_that_does_not_parse_is_an_error_and_no_default(text: str) -> None:
    with pytest.raises(UserError, match=r"annotation dokaseca\.dev/deletion-budget: .* is no budget; write a number"):
        deletion_guard.budget(application_set(deletion_budget=text))


def test_what_fits_the_budget_is_not_held() -> None:
    assert deletion_guard.held_or_none(application_set(), applications("a", "b"), 10, ()) is None
    assert deletion_guard.held_or_none(application_set(), [], 10, ("generators[0].git",)) is None


def test_what_does_not_fit_is_held_as_a_whole_with_its_reason() -> None:
    held = deletion_guard.held_or_none(application_set(), applications("c", "a", "b"), 10, ())
    assert held is not None
    assert [one["metadata"]["name"] for one in held.applications] == ["a", "b", "c"]
    assert held.reason is Reason.DELETION_BUDGET
    assert held.why == "its budget of 10,20% lets 2 of its 10 go at once"


def test_an_empty_source_holds_even_one() -> None:
    held = deletion_guard.held_or_none(application_set(), applications("a"), 100, ("generators[0].git",))
    assert held is not None
    assert held.reason is Reason.EMPTY_SOURCE
    assert held.why == "generators[0].git gave nothing at all"


def test_unlimited_means_unlimited() -> None:
    unlimited = application_set(deletion_budget="unlimited")
    assert deletion_guard.held_or_none(unlimited, applications("a", "b"), 2, ("generators[0].git",)) is None


def test_an_approval_is_good_for_exactly_these_objects() -> None:
    doomed = applications("a", "b", "c")
    approved = application_set(approve_deletion=f" {deletion_guard.list_digest(doomed)}\n")
    assert deletion_guard.held_or_none(approved, list(reversed(doomed)), 3, ("generators[0].git",)) is None
    for other in (doomed[:2], applications("a", "b", "d"), applications("a", "b", "c", uid="next")):
        assert deletion_guard.held_or_none(approved, other, 3, ()) is not None


def test_an_empty_approval_approves_nothing() -> None:
    assert not deletion_guard.is_approved(application_set(approve_deletion=""), [])


def test_the_message_names_what_would_go_and_the_command_that_lets_it() -> None:
    doomed = applications("b", "a")
    held = deletion_guard.held_or_none(application_set(), doomed, 2, ())
    assert held is not None
    assert deletion_guard.message(application_set(), held) == (
        "2 Applications are kept that would be deleted: a, b; its budget of 10,20% lets 1 of its 2 go at once. "
        "To delete exactly these: kubectl -n argocd annotate applicationset set --overwrite "
        f"dokaseca.dev/approve-deletion={deletion_guard.list_digest(doomed)}"
    )


def test_a_long_list_is_shortened_and_a_leaving_set_may_leave_its_applications() -> None:
    doomed = applications(*(f"a{number:03}" for number in range(200)))
    leaving = application_set()
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    held = deletion_guard.held_or_none(leaving, doomed, 200, ())
    assert held is not None
    told = deletion_guard.message(leaving, held)
    assert "a049 and 150 more; " in told
    assert "a050" not in told
    assert told.endswith('--type merge -p \'{"spec":{"syncPolicy":{"applicationsSync":"create-update"}}}\'')


@given(st.integers(0, 5000), st.none() | st.integers(0, 5000), st.none() | st.integers(0, 100))
def test_a_budget_never_allows_more_than_there_is_and_zero_allows_nothing(
    children: int, count: int | None, percent: int | None
) -> None:
    allowed = Budget(count, percent).allows(children)
    assert 0 <= allowed <= children
    assert allowed == 0 or 0 not in (count, percent)
    assert children == 0 or 0 in (count, percent) or allowed >= 1
