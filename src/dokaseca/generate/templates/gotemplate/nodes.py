"""What a parsed template is made of. `offset` and `source` serve error messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: bool, int, float, str, or None for `nil`."""

    value: bool | int | float | str | None
    offset: int
    source: str


@dataclass(frozen=True, slots=True)
class Dot:
    """The cursor, `.`."""

    offset: int
    source: str = "."


@dataclass(frozen=True, slots=True)
class Field:
    """`.a.b`"""

    names: tuple[str, ...]
    offset: int
    source: str


@dataclass(frozen=True, slots=True)
class Variable:
    """`$x.a.b`; `slot` is its place in the frame."""

    slot: int
    names: tuple[str, ...]
    offset: int
    source: str


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a function, where it stands as an operand or as a command's first word."""

    name: str
    offset: int
    source: str


@dataclass(frozen=True, slots=True)
class Chain:
    """`(pipeline).a.b`"""

    operand: Operand
    names: tuple[str, ...]
    offset: int
    source: str


@dataclass(frozen=True, slots=True)
class Command:
    """A first word and its arguments, blanks between."""

    words: tuple[Operand, ...]
    offset: int
    source: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by `|`; `slots` receive the value: `$x :=`, `$x =`, or in range `$i, $x :=`."""

    commands: tuple[Command, ...]
    slots: tuple[int, ...]
    offset: int
    source: str


Operand: TypeAlias = Literal | Dot | Field | Variable | Function | Chain | Pipeline


@dataclass(frozen=True, slots=True)
class Text:
    """Text outside actions."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """`{{pipeline}}`: printed unless it declares or assigns."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `with` or `range`."""

    keyword: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """`break` or `continue`."""

    keyword: str


@dataclass(frozen=True, slots=True)
class Invoke:
    """`{{template "name" pipeline}}`"""

    name: str
    pipeline: Pipeline | None
    offset: int
    source: str


Node: TypeAlias = Text | Action | Branch | Jump | Invoke


@dataclass(slots=True)
class Body:
    """One template's nodes and how many variables its frame holds."""

    nodes: tuple[Node, ...]
    frame_size: int


@dataclass(slots=True)
class Templates:
    """The main template and those that it defines."""

    main: Body
    defined: dict[str, Body] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
