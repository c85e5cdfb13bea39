"""What a rule has found, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from dokaseca.bridge.places import Place

if TYPE_CHECKING:
    from dokaseca.bridge.lint.facts import Facts


class Severity(IntEnum):
    """How bad it is; the greater, the worse."""

    NOTE = 0
    WARNING = 1
    ERROR = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect at one place.

    Attributes:
        rule: id of the rule.
        subject: what it is about (a label, a flag, a folder, an ApplicationSet): findings of one rule and subject are
            one matter, however many places it shows at.
        what: what is wrong, a sentence without a full stop.
        todo: what to do, for this very finding; empty where the rule's own advice says all.
        places_count: how many places it stands for, where it tells the first of several alone.
    """

    rule: str
    severity: Severity
    place: Place
    subject: str
    what: str
    todo: str = ""
    places_count: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of defect.

    Attributes:
        id: lower-case words with dashes; users write it in suppressions.
        title: the defect, in the plural.
        why: what comes of it.
        todo: what to do about it.
        check: finds it.
        needs_clusters: whether it can say nothing without knowing clusters.
    """

    id: str
    title: str
    why: str
    todo: str
    check: Callable[[Facts], Iterable[Finding]]
    needs_clusters: bool = False
