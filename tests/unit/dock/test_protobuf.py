import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock import protobuf
from dokaseca.dock.status_error import StatusError


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    data = value if isinstance(value, bytes) else value.encode()
    return varint(field << 3 | 2) + varint(len(data)) + data


def envelope(api_version, kind, raw):
    return b"k8s\x00" + text(1, text(1, api_version) + text(2, kind)) + text(2, raw)


def test_a_deployment_decodes_to_the_json_it_stands_for():
    labels = text(1, text(1, "app") + text(2, "web"))
    container = text(1, "app") + text(2, "nginx") + text(5, "/dir") + number(16, 0)
    template = text(1, text(11, text(1, "app") + text(2, "web"))) + text(2, text(2, container))
    strategy = text(1, "RollingUpdate") + text(
        2, text(1, number(1, 1) + text(3, "25%")) + text(2, number(1, 0) + number(2, 3))
    )
    spec = number(1, 0) + text(2, labels) + text(3, template) + text(4, strategy)
    raw = text(1, text(1, "web") + text(8, b"") + text(3, "")) + text(2, spec)
    assert protobuf.decode(envelope("apps/v1", "Deployment", raw)) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "nginx", "workingDir": "/dir"}]},
            },
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 3}},
        },
    }


def test_bytes_inline_parts_times_and_negative_numbers_decode():
    secret = text(1, text(8, number(1, 1_700_000_000))) + text(2, text(1, "k") + text(2, b"\x00\xff"))
    found = protobuf.decode(envelope("v1", "Secret", secret))
    assert found["data"] == {"k": "AP8="}
    assert found["metadata"]["creationTimestamp"] == "2023-11-14T22:13:20Z"
    volume = text(1, "tmp") + text(2, text(2, b""))
    pod = text(2, text(1, volume) + number(4, -1))
    assert protobuf.decode(envelope("v1", "Pod", pod))["spec"] == {
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "terminationGracePeriodSeconds": -1,
    }


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", 400),
        (b"k8s\x00\xff", 400),
        (envelope("v1", "Nothing", b""), 415),
        (envelope("v1", "Pod", b"\x0a\xff"), 400),
    ],
)
def test_what_does_not_decode_is_refused(data, code):
    with pytest.raises(StatusError) as raised:
        protobuf.decode(data)
    assert raised.value.code == code


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(data):
    try:
        assert protobuf.decode(envelope("v1", "Pod", data))["kind"] == "Pod"
    except StatusError as error:
        assert error.code == 400
