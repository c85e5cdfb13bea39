import pytest

from dokaseca.dock import body
from dokaseca.dock.status_error import StatusError


def refused(data, content="application/json"):
    with pytest.raises(StatusError) as raised:
        body.decode_object(data, content)
    return raised.value


def test_json_and_yaml_give_the_same_object():
    expected = {"a": {"b": [1, "x"]}}
    assert body.decode_object(b'{"a":{"b":[1,"x"]}}') == expected
    assert body.decode_object(b"a:\n  b: [1, x]\n", "application/yaml") == expected
    assert body.decode_object(b'{"a":{"b":[1,"x"]}}', "application/apply-patch+yaml") == expected


@pytest.mark.parametrize(
    ("data", "content", "code", "words"),
    [
        (b"{", "application/json", 400, "not valid JSON"),
        (b"\xff\xfe", "application/json", 400, "not valid JSON"),
        (b"[1]", "application/json", 400, "one JSON object"),
        (b"[" * 10_000, "application/json", 400, "not valid JSON"),
        (b" " * (3 * 1024 * 1024 + 1), "application/json", 413, "limit is 3145728"),
        (b"<a/>", "text/xml", 415, "in an unknown format - accepted media types include: application/json"),
        (b"a: [", "application/yaml", 400, "not valid YAML at line"),
        (b"a: &x [1]\nb: *x", "application/yaml", 400, "aliases"),
        (b"[" * 200 + b"]" * 200 + b" #", "application/yaml", 400, "deeper than 100"),
        (b"no protobuf", "application/vnd.kubernetes.protobuf", 400, "protobuf"),
    ],
)
def test_bad_bodies_are_refused_with_a_code_and_a_reason(data, content, code, words):
    error = refused(data, content)
    assert error.code == code
    assert words in error.message
