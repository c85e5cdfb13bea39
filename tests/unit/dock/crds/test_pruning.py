import copy

from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.crds import pruning

SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer", "default": 3},
                "deep": {"type": "object", "properties": {"on": {"type": "boolean", "default": True}}},
                "list": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}},
                },
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"b": {}}}},
                "note": {"type": "string", "nullable": True, "default": "n"},
                "embedded": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "properties": {"spec": {"type": "object"}},
                },
            },
        }
    },
}


def test_unknown_fields_go_and_are_named():
    value = {
        "kind": "K",
        "metadata": {"name": "a"},
        "extra": 1,
        "spec": {
            "sise": 1,
            "free": {"kept": 1},
            "map": {"k": {"b": 1, "c": 2}},
            "list": [{"a": "1", "z": 2}],
            "embedded": {"kind": "Pod", "metadata": {"x": 1}, "data": 1},
        },
    }
    dropped = pruning.prune(value, SCHEMA)
    assert sorted(dropped) == ["extra", "spec.embedded.data", "spec.list[0].z", "spec.map.k.c", "spec.sise"]
    assert value == {
        "kind": "K",
        "metadata": {"name": "a"},
        "spec": {
            "free": {"kept": 1},
            "map": {"k": {"b": 1}},
            "list": [{"a": "1"}],
            "embedded": {"kind": "Pod", "metadata": {"x": 1}},
        },
    }


def test_defaults_fill_what_is_missing_where_the_parent_is():
    value = {"spec": {"deep": {}, "list": [{}, {"a": "1"}], "size": None, "note": None}}
    pruning.default(value, SCHEMA)
    assert value == {"spec": {"deep": {"on": True}, "list": [{"a": "x"}, {"a": "1"}], "size": 3, "note": None}}
    empty: dict = {}
    pruning.default(empty, SCHEMA)
    assert empty == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["spec", "size", "list", "map", "x"]), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_pruning_and_defaulting_twice_changes_nothing_more(value):
    pruning.prune(value, SCHEMA)
    pruning.default(value, SCHEMA)
    once = copy.deepcopy(value)
    assert pruning.prune(value, SCHEMA) == []
    pruning.default(value, SCHEMA)
    assert value == once
