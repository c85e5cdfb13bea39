"""In which form a client wants its answer: the `Accept` header."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dokaseca.dock import status_error

Form = Literal["object", "table", "metadata"]
_SUPPORTED = "application/json"
_AS: dict[str, Form] = {
    "Table": "table",
    "PartialObjectMetadata": "metadata",
    "PartialObjectMetadataList": "metadata",
}


@dataclass(frozen=True, slots=True)
class Output:
    """`form` of the answer; `version` is the one of meta.k8s.io for tables and metadata."""

    form: Form
    version: str = "v1"


OBJECT = Output("object")


@lru_cache(maxsize=256)
def output(accept: str) -> Output:
    """The first form in `accept` that the server can produce.

    Raises:
        StatusError: 406, there is none.
    """
    if not accept:
        return OBJECT
    for clause in accept.split(","):
        media, *parameters = (part.strip() for part in clause.split(";"))
        if media not in ("application/json", "*/*", "application/*"):
            continue
        options = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        if "as" not in options:
            return OBJECT
        form = _AS.get(options["as"])
        if form and options.get("g") == "meta.k8s.io" and options.get("v") in ("v1", "v1beta1"):
            return Output(form, options["v"])
    raise status_error.not_acceptable(_SUPPORTED)
