"""The inner half of the parser: pipelines, commands, operands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from dokaseca.generate.templates.gotemplate import literals, quoting
from dokaseca.generate.templates.gotemplate.errors import ParseError
from dokaseca.generate.templates.gotemplate.lexer import Token
from dokaseca.generate.templates.gotemplate.nodes import (
    Chain,
    Command,
    Dot,
    Field,
    Function,
    Literal,
    Number,
    Operand,
    Pipeline,
    Target,
    Variable,
)
from dokaseca.generate.templates.gotemplate.scopes import Scopes
from dokaseca.generate.templates.gotemplate.tokens import Tokens

_PARENTHESES: Final = 60  # nested; Python's own recursion limit is near
_COMMANDS: Final = 1000  # in one pipeline
_NUMBERS: Final = frozenset({"number", "complex", "char_constant"})
_BEGINS: Final = _NUMBERS | {"bool", "dot", "field", "identifier", "raw", "string", "variable", "lparen"}


class OperandParser:
    """Parses what stands between the delimiters, but for keywords."""

    def __init__(self, text: str, functions: Collection[str], refused: Mapping[str, str]) -> None:
        self._tokens = Tokens(text)
        self._functions = functions
        self._refused = refused
        self._scopes = Scopes()
        self._used: set[str] = set()
        self._parentheses = 0
        self._dot_of = 0  # the hidden slot of the range whose element the dot is, 0 for none
        self._elements_of: dict[int, int] = {}  # variable's slot to the hidden slot of the range that fills it

    def new_scopes(self) -> Scopes:
        """Scopes for another template."""
        self._elements_of = {}
        return Scopes()

    def _note_elements(self, pipeline: Pipeline, collection: int) -> None:
        """The last variable of a range holds elements of its collection."""
        if collection and pipeline.targets and pipeline.targets[-1].slot is not None:
            self._elements_of[pipeline.targets[-1].slot] = collection

    # --- pipelines --------------------------------------------------------------------------------------------------

    def _pipeline(self, context: str, end: str) -> Pipeline:
        start = self._tokens.peek_after_space().offset
        names, is_assignment = self._targets(context)
        commands: list[Command] = []
        while True:
            token = self._tokens.next_after_space()
            if token.kind == end:
                break
            if token.kind not in _BEGINS and not (token.kind == "keyword" and token.text == "nil"):
                raise self._tokens.unexpected(token, context)
            self._tokens.back()
            commands.append(self._command())
            if len(commands) > _COMMANDS:
                raise self._tokens.problem("pipeline too long")
        self._check(commands, context)
        bind = self._scopes.slot_or_none if is_assignment else self._scopes.declare
        targets = tuple(Target(name, bind(name)) for name in names)
        return Pipeline(tuple(commands), targets, is_assignment, start)

    def _check(self, commands: list[Command], context: str) -> None:
        if not commands:
            raise self._tokens.problem(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.words[0], Literal | Number | Dot):
                raise self._tokens.problem(f"non executable command in pipeline stage {stage}")

    def _targets(self, context: str) -> tuple[list[str], bool]:
        """Variables before `:=` or `=`, and whether they are only assigned."""
        names: list[str] = []
        while self._tokens.peek_after_space().kind == "variable":
            mark = self._tokens.mark()
            variable = self._tokens.next()
            following = self._tokens.peek_after_space()
            if following.kind in ("declare", "assign"):
                self._tokens.next()
                self._scopes.mention(variable.text)
                return [*names, variable.text], following.kind == "assign"
            if not (following.kind == "char" and following.text == ","):
                self._tokens.rewind(mark)
                break
            self._tokens.next()
            names.append(variable.text)
            self._scopes.mention(variable.text)
            if context != "range" or len(names) > 1:
                raise self._tokens.problem(f"too many declarations in {context}")
            if self._tokens.peek_after_space().kind not in ("variable", "right", "rparen"):
                raise self._tokens.problem("range can only initialize variables")
        return names, False

    def _command(self) -> Command:
        start = self._tokens.peek_after_space().offset
        words: list[Operand] = []
        while True:
            self._tokens.peek_after_space()
            operand = self._operand_or_none()
            if operand is not None:
                words.append(operand)
            token = self._tokens.next()
            if token.kind == "space":
                continue
            if token.kind in ("right", "rparen"):
                self._tokens.back()
            elif token.kind != "pipe":
                raise self._tokens.unexpected(token, "operand")
            break
        if not words:
            raise self._tokens.problem("empty command")
        return Command(tuple(words), start)

    # --- operands ---------------------------------------------------------------------------------------------------

    def _operand_or_none(self) -> Operand | None:
        operand = self._term_or_none()
        if operand is None or self._tokens.peek().kind != "field":
            return operand
        offset = self._tokens.peek().offset
        names: list[str] = []
        while self._tokens.peek().kind == "field":
            names.append(self._tokens.next().text[1:])
        if isinstance(operand, Field):
            return Field((*operand.names, *names), offset, operand.dot_of)
        if isinstance(operand, Variable):
            return Variable(operand.name, operand.slot, (*operand.names, *names), offset, operand.elements_of)
        if isinstance(operand, Literal | Number | Dot):
            raise self._tokens.problem(f"unexpected . after term {quoting.quote(str(operand))}")
        return Chain(operand, tuple(names), offset)

    def _term_or_none(self) -> Operand | None:
        token = self._tokens.next_after_space()
        kind = token.kind
        if kind == "identifier":
            return self._function(token)
        if kind == "dot":
            return Dot(token.offset)
        if kind == "field":
            return Field((token.text[1:],), token.offset, self._dot_of)
        if kind == "variable":
            return self._variable(token)
        if kind == "lparen":
            return self._parenthesized()
        if kind in _NUMBERS or kind in ("string", "raw"):
            return self._constant(token)
        if kind == "bool":
            return Literal(token.text == "true", token.offset, token.text)
        if kind == "keyword" and token.text == "nil":
            return Literal(None, token.offset, token.text)
        self._tokens.back()
        return None

    def _constant(self, token: Token) -> Operand:
        try:
            if token.kind in _NUMBERS:
                return literals.number(token)
            return Literal(literals.unquoted(token), token.offset, token.text)
        except ParseError as error:
            raise self._tokens.problem(error.message) from error

    def _function(self, token: Token) -> Function:
        if token.text not in self._functions:
            reason = self._refused.get(token.text)
            hint = f" ({reason})" if reason else ""
            raise self._tokens.problem(f"function {quoting.quote(token.text)} not defined{hint}")
        self._used.add(token.text)
        return Function(token.text, token.offset)

    def _variable(self, token: Token) -> Variable:
        if not self._scopes.knows(token.text):
            raise self._tokens.problem(f"undefined variable {quoting.quote(token.text)}")
        slot = self._scopes.slot_or_none(token.text)
        return Variable(token.text, slot, (), token.offset, self._elements_of.get(slot or 0, 0))

    def _parenthesized(self) -> Pipeline:
        self._parentheses += 1
        if self._parentheses > _PARENTHESES:
            raise self._tokens.problem("max expression depth exceeded")
        pipeline = self._pipeline("parenthesized pipeline", "rparen")
        self._parentheses -= 1
        return pipeline
