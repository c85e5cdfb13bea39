"""Fields of answers."""

from __future__ import annotations

import pytest

from dokaseca.adapters.scm import fields
from dokaseca.adapters.scm.fields import FieldError

BODY = {"a": {"b": "text", "n": 3, "yes": True, "none": None, "empty": "", "list": ["x"], "named": [{"name": "y"}]}}


def test_what_is_there_is_given() -> None:
    assert fields.text(BODY, "a", "b") == "text"
    assert fields.text_or_empty(BODY, "a", "b") == "text"
    assert fields.number(BODY, "a", "n") == 3
    assert fields.flag(BODY, "a", "yes") is True
    assert fields.texts(BODY, "a", "list") == ("x",)
    assert fields.names(BODY, "a", "named") == ("y",)


def test_what_may_be_missing_is_empty() -> None:
    for path in (("a", "none"), ("a", "absent"), ("b", "c")):
        assert fields.text_or_empty(BODY, *path) == ""
        assert fields.texts(BODY, *path) == ()
        assert fields.names(BODY, *path) == ()
        assert fields.flag(BODY, *path) is False
    assert fields.text_or_empty(BODY, "a", "empty") == ""


def test_what_is_something_else_is_an_error_that_names_it() -> None:
    with pytest.raises(FieldError, match=r"a\.n must be a text"):
        fields.text_or_empty(BODY, "a", "n")
    with pytest.raises(FieldError, match=r"a\.empty must be a text"):
        fields.text(BODY, "a", "empty")
    for name in ("yes", "b", "none"):
        with pytest.raises(FieldError, match=rf"a\.{name} must be a whole number"):
            fields.number(BODY, "a", name)
    with pytest.raises(FieldError, match=r"a\.b must be true or false"):
        fields.flag(BODY, "a", "b")
    for name in ("b", "named"):
        with pytest.raises(FieldError, match=rf"a\.{name} must be a list of texts"):
            fields.texts(BODY, "a", name)
    for broken in (None, {}, ["x"], "x"):
        with pytest.raises(FieldError, match="a list of objects was expected"):
            fields.entries(broken)
    with pytest.raises(FieldError, match="name must be a text"):
        fields.names({"l": [{}]}, "l")
