import pytest

from dokaseca.dock import negotiation
from dokaseca.dock.negotiation import Output
from dokaseca.dock.status_error import StatusError


@pytest.mark.parametrize(
    ("accept", "output"),
    [
        ("", Output("object")),
        ("*/*", Output("object")),
        ("application/vnd.kubernetes.protobuf,application/json", Output("object")),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Output("table", "v1")),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", Output("table", "v1beta1")),
        ("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", Output("metadata")),
        ("application/json;as=Other;g=meta.k8s.io;v=v1, application/json", Output("object")),
    ],
)
def test_the_first_form_that_can_be_given_is_given(accept, output):
    assert negotiation.output(accept) == output


@pytest.mark.parametrize("accept", ["text/html", "application/json;as=Other", "application/yaml"])
def test_other_forms_are_not_acceptable(accept):
    with pytest.raises(StatusError) as raised:
        negotiation.output(accept)
    assert raised.value.code == 406
