"""Fields of a forge's JSON: of the type that we count on, or an error that names the field. Pure."""

from __future__ import annotations

from typing import Any


class FieldError(Exception):
    """The answer does not hold what its forge's API documents."""


def entries(value: Any) -> list[Any]:
    """`value`, which is a list of mappings.

    Raises:
        FieldError: it is not.
    """
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise FieldError("a list of objects was expected")
    return value


def find(value: Any, *path: str) -> Any:
    """What stands at `path`, None when nothing does."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any, *path: str) -> str:
    """A text that is not empty.

    Raises:
        FieldError: it is missing or something else.
    """
    found = find(value, *path)
    if not isinstance(found, str) or not found:
        raise FieldError(f"{'.'.join(path)} must be a text")
    return found


def text_or_empty(value: Any, *path: str) -> str:
    """A text, empty when it is missing or null.

    Raises:
        FieldError: it is something else.
    """
    found = find(value, *path)
    return "" if found is None or found == "" else text(value, *path)


def number(value: Any, *path: str) -> int:
    """A whole number.

    Raises:
        FieldError: it is missing or something else.
    """
    found = find(value, *path)
    if not isinstance(found, int) or isinstance(found, bool):
        raise FieldError(f"{'.'.join(path)} must be a whole number")
    return found


def texts(value: Any, *path: str) -> tuple[str, ...]:
    """A list of texts, empty when it is missing or null.

    Raises:
        FieldError: it is something else.
    """
    found = find(value, *path)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise FieldError(f"{'.'.join(path)} must be a list of texts")
    return tuple(found)


def names(value: Any, *path: str) -> tuple[str, ...]:
    """The `name` of each object of a list, empty when it is missing or null.

    Raises:
        FieldError: it is something else.
    """
    found = find(value, *path)
    return () if found is None else tuple(text(one, "name") for one in entries(found))


def flag(value: Any, *path: str) -> bool:
    """A boolean, false when it is missing or null.

    Raises:
        FieldError: it is something else.
    """
    found = find(value, *path)
    if found is None:
        return False
    if not isinstance(found, bool):
        raise FieldError(f"{'.'.join(path)} must be true or false")
    return found
