import pytest

from dokaseca.dock import status_error
from dokaseca.dock.status_error import Cause


def test_one_cause_stands_in_the_message_and_several_in_brackets():
    one = [Cause("FieldValueRequired", "Required value", "spec.a")]
    error = status_error.invalid("apps", "Deployment", "web", one)
    assert error.message == 'Deployment.apps "web" is invalid: spec.a: Required value'
    assert error.document() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": error.message,
        "reason": "Invalid",
        "details": {
            "name": "web",
            "group": "apps",
            "kind": "Deployment",
            "causes": [{"reason": "FieldValueRequired", "message": "Required value", "field": "spec.a"}],
        },
        "code": 422,
    }
    two = status_error.invalid("", "Pod", "p", [*one, Cause("FieldValueForbidden", "Forbidden: no", "spec.b")])
    assert two.message == 'Pod "p" is invalid: [spec.a: Required value, spec.b: Forbidden: no]'


def test_several_apply_conflicts_are_grouped_by_manager():
    error = status_error.apply_conflict(
        [('"a" using v1', ".data.x"), ('"a" using v1', ".data.y"), ('"b" using v1', ".data.z")]
    )
    assert error.message.splitlines() == [
        'Apply failed with 3 conflicts: conflicts with "a" using v1:',
        "- .data.x",
        "- .data.y",
        'conflicts with "b" using v1:',
        "- .data.z",
    ]
    assert [cause["field"] for cause in error.document()["details"]["causes"]] == [".data.x", ".data.y", ".data.z"]


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (status_error.no_such_path(), 404, "NotFound"),
        (status_error.method_not_allowed(), 405, "MethodNotAllowed"),
        (status_error.unsupported_media_type("b"), 415, "UnsupportedMediaType"),
        (status_error.internal("x"), 500, "InternalError"),
        (status_error.too_many_requests("x", 3), 429, "TooManyRequests"),
        (status_error.forbidden("apps", "deployments", "web", "no"), 403, "Forbidden"),
    ],
)
def test_codes_go_with_their_reasons(error, code, reason):
    assert (error.document()["code"], error.document()["reason"]) == (code, reason)
