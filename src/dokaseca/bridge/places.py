"""Where in the user's files something stands, and what there is to say about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a file that does not go where its author may expect it to."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"
