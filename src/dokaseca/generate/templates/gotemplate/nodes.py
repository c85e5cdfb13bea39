"""What a parsed template is made of. `str` of a node is what Go's messages quote; `offset` serves them too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from dokaseca.generate.templates.gotemplate import quoting


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant that is no number: bool, str, or None for `nil`."""

    value: bool | str | None
    offset: int
    source: str

    def __str__(self) -> str:
        return self.source


@dataclass(frozen=True, slots=True)
class Number:
    """A number, as every type that can hold it: the place where it stands decides."""

    source: str
    offset: int
    integer: int | None = None
    unsigned: int | None = None
    real: float | None = None
    imaginary: complex | None = None

    def __str__(self) -> str:
        return self.source


@dataclass(frozen=True, slots=True)
class Dot:
    """The cursor, `.`."""

    offset: int

    def __str__(self) -> str:
        return "."


@dataclass(frozen=True, slots=True)
class Field:
    """`.a.b`; `dot_of` is the hidden slot of the range whose element the dot is, 0 for none."""

    names: tuple[str, ...]
    offset: int
    dot_of: int = 0

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(frozen=True, slots=True)
class Variable:
    """`$x.a.b`; `slot` is its place in the frame, None where nothing has declared it by then; `elements_of` is the
    hidden slot of the range that fills it, 0 for none."""

    name: str
    slot: int | None
    names: tuple[str, ...]
    offset: int
    elements_of: int = 0

    def __str__(self) -> str:
        return ".".join((self.name, *self.names))


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a function, where it stands as an operand or as a command's first word."""

    name: str
    offset: int

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Chain:
    """`(pipeline).a.b` or `function.a.b`"""

    operand: Operand
    names: tuple[str, ...]
    offset: int

    def __str__(self) -> str:
        inner = f"({self.operand})" if isinstance(self.operand, Pipeline) else str(self.operand)
        return inner + "".join(f".{name}" for name in self.names)


@dataclass(frozen=True, slots=True)
class Command:
    """A first word and its arguments, blanks between."""

    words: tuple[Operand, ...]
    offset: int

    def __str__(self) -> str:
        return " ".join(f"({word})" if isinstance(word, Pipeline) else str(word) for word in self.words)


@dataclass(frozen=True, slots=True)
class Target:
    """A variable that a pipeline declares or assigns; `slot` as in Variable."""

    name: str
    slot: int | None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by `|`; `targets` receive the value: `$x :=`, `$x =`, or in range `$i, $x :=`."""

    commands: tuple[Command, ...]
    targets: tuple[Target, ...]
    is_assignment: bool
    offset: int

    def __str__(self) -> str:
        names = ", ".join(target.name for target in self.targets)
        sign = (" = " if self.is_assignment else " := ") if self.targets else ""
        return names + sign + " | ".join(map(str, self.commands))


Operand: TypeAlias = Literal | Number | Dot | Field | Variable | Function | Chain | Pipeline


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
    """`if`, `with` or `range`; `collection` is the hidden slot where range keeps what it goes over."""

    keyword: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]
    collection: int = 0


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

    def __str__(self) -> str:
        argument = f" {self.pipeline}" if self.pipeline else ""
        return f"{{{{template {quoting.quote(self.name)}{argument}}}}}"


Node: TypeAlias = Text | Action | Branch | Jump | Invoke


@dataclass(slots=True)
class Body:
    """One template's nodes and how many variables its frame holds."""

    nodes: tuple[Node, ...]
    frame_size: int


@dataclass(slots=True)
class Templates:
    """The main template, those that it defines, and what it calls."""

    main: Body
    defined: dict[str, Body] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
