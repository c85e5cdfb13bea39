import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock import field_selectors
from dokaseca.dock.selectors import BadSelector


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metadata.name=a", True),
        ("status.phase!=Running", False),
        ("spec.hostNetwork=true", True),
        ("metadata.name!=a", False),
    ],
)
def test_field_selectors_compare_text(text, expected):
    pod = {"metadata": {"name": "a"}, "status": {"phase": "Running"}, "spec": {"hostNetwork": True}}
    assert all(one.matches(pod) for one in field_selectors.parse(text, "pods")) is expected


def test_a_field_that_the_kind_does_not_offer_is_refused():
    with pytest.raises(BadSelector, match=r"\"spec.replicas\" is not a known field selector: only"):
        field_selectors.parse("spec.replicas=1", "deployments")
    with pytest.raises(BadSelector, match="invalid selector"):
        field_selectors.parse("metadata.name", "pods")
    assert field_selectors.parse("spec.color=red", "widgets", frozenset({"spec.color"}))


@given(
    st.one_of(st.text(max_size=40), st.lists(st.sampled_from(["metadata.name", "=", "!=", "a", ",", " "])).map("".join))
)
def test_any_text_parses_or_is_refused(text):
    try:
        requirements = field_selectors.parse(text, "pods")
    except BadSelector as error:
        assert str(error)
    else:
        assert all(one.path.startswith("metadata.name") for one in requirements)
