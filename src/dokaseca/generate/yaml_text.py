"""YAML inside an ApplicationSet's inputs: the first document, or a UserError that names the place."""

from __future__ import annotations

from typing import Any

from dokaseca.kit import yaml_in
from dokaseca.model.errors import UserError


def first(text: str, *, subject: str) -> Any:
    """The first document's value, None for an empty text.

    Args:
        subject: what the text is, for messages: a file's path or a field.

    Raises:
        UserError: reason InvalidYAML, with line and column.
    """
    try:
        documents = yaml_in.load_all(text, subject=subject)
    except yaml_in.InvalidYAML as error:
        raise UserError(str(error), reason="InvalidYAML") from error
    return documents[0].value if documents else None
