import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock import selectors

LABELS = {"app": "web", "tier": "front", "n": "5"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app!=web", False),
        ("missing!=x", True),
        ("app in (a, web)", True),
        ("app notin (a,b),tier", True),
        ("missing notin (a)", True),
        ("!missing", True),
        ("!app", False),
        ("app", True),
        ("n>4,n<6", True),
        ("n > 5", False),
        ("example.com/x in ()", False),
    ],
)
def test_label_selectors_match_as_kubernetes_does(text, expected):
    assert selectors.matches(selectors.labels(text), LABELS) is expected


@pytest.mark.parametrize("text", ["a=b=c", "=x", "a in x", "-a=b", "a=b c", "a=" + "x" * 64, ","])
def test_what_is_no_label_selector_is_refused(text):
    with pytest.raises(selectors.BadSelector, match="unable to parse requirement"):
        selectors.labels(text)


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused(text):
    try:
        selectors.labels(text)
    except selectors.BadSelector as error:
        assert str(error)


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
    assert all(one.matches(pod) for one in selectors.fields(text, "pods")) is expected


def test_a_field_that_the_kind_does_not_offer_is_refused():
    with pytest.raises(selectors.BadSelector, match=r"\"spec.replicas\" is not a known field selector: only"):
        selectors.fields("spec.replicas=1", "deployments")
    with pytest.raises(selectors.BadSelector, match="invalid selector"):
        selectors.fields("metadata.name", "pods")
    assert selectors.fields("spec.color=red", "widgets", frozenset({"spec.color"}))


def test_selector_objects_mean_the_same_as_text():
    document = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}],
    }
    assert selectors.matches(selectors.from_document(document), LABELS)
    document["matchExpressions"].append({"key": "app", "operator": "DoesNotExist"})
    assert not selectors.matches(selectors.from_document(document), LABELS)
    assert selectors.matches(selectors.from_document(None), {})


def test_a_sign_where_a_value_belongs_is_named():
    with pytest.raises(selectors.BadSelector, match=r"^unable to parse requirement: found '!', expected: identifier$"):
        selectors.labels("a=!")
