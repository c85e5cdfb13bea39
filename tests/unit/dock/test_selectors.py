import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock import selectors

LABELS = {"app": "web", "tier": "front", "n": "5", "v": "1_0"}


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
        ("tier in (,front)", True),
        ("app in (a,)", False),
        ("app in (,)", False),
        ("app=", False),
        ("missing!=", True),
        ("in in (in)", False),
        ("!in,app = web , tier", True),
        ("n>1,n<1000000000000000000", True),
        ("v>1", False),
    ],
)
def test_label_selectors_match_as_kubernetes_does(text, expected):
    assert selectors.matches(selectors.labels(text), LABELS) is expected


NAME_RULE = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("=x", "found '=', expected: !, identifier, or 'end of string'"),
        (",", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a in x", "unable to parse requirement: found 'x' expected: '('"),
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a in (b,=)", "unable to parse requirement: found '=', expected: ',', or identifier"),
        ("a in ()", "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a=!", "unable to parse requirement: found '!', expected: identifier"),
        ("-a=b", f'unable to parse requirement: <nil>: Invalid value: "-a": {NAME_RULE}'),
        ("a=b$", 'unable to parse requirement: values[0][a]: Invalid value: "b$": a valid label must be'),
        ("a=" + "x" * 64, "unable to parse requirement: values[0][a]: Invalid value: "),
        ("a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value"),
        ("a>1_0", "unable to parse requirement: values[0]: Invalid value: \"1_0\": for 'Gt', 'Lt' operators"),
    ],
)
def test_what_is_no_label_selector_is_refused_in_the_servers_words(text, message):
    with pytest.raises(selectors.BadSelector) as caught:
        selectors.labels(text)
    assert str(caught.value).startswith(message)


@given(st.one_of(st.text(max_size=40), st.text("ab=!<>(),/ 1in", max_size=40)))
def test_any_text_parses_or_is_refused(text):
    try:
        selectors.labels(text)
    except selectors.BadSelector as error:
        assert str(error)


def test_selector_objects_mean_the_same_as_text():
    document = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}],
    }
    assert selectors.matches(selectors.from_document(document), LABELS)
    document["matchExpressions"].append({"key": "app", "operator": "DoesNotExist"})
    assert not selectors.matches(selectors.from_document(document), LABELS)
    assert selectors.matches(selectors.from_document(None), {})


KEYS = st.sampled_from(["app", "tier", "n", "example.com/x"])
WORDS = st.sampled_from(["web", "front", "5", "", "in", "notin"])
EQUALS = st.tuples(KEYS, st.sampled_from(["=", "==", "!="]), WORDS)
LISTS = st.lists(WORDS, min_size=1, max_size=3).filter(lambda values: values != [""])  # written, it is the empty list
SETS = st.tuples(KEYS, st.sampled_from(["in", "notin"]), LISTS)
SPACES = st.sampled_from(["", " ", "  "])


@given(st.lists(st.one_of(EQUALS, SETS), max_size=4), st.dictionaries(KEYS, WORDS), SPACES)
def test_a_written_selector_means_what_it_says(clauses, labels, space):
    written, expected = [], True
    for key, operator, wanted in clauses:
        values = [wanted] if isinstance(wanted, str) else wanted
        shown = wanted if isinstance(wanted, str) else f"({','.join(f'{space}{one}{space}' for one in wanted)})"
        gap = " " if operator in ("in", "notin") else space
        written.append(f"{space}{key}{gap}{operator}{space}{shown}{space}")
        is_there = key in labels and labels[key] in values
        expected &= is_there if operator in ("=", "==", "in") else not is_there
    assert selectors.matches(selectors.labels(",".join(written)), labels) is expected
