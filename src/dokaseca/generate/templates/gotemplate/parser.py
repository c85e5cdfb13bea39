"""Tokens to nodes, with Go's grammar and Go's complaints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from dokaseca.generate.templates.gotemplate import lexer, literals
from dokaseca.generate.templates.gotemplate.errors import ParseError
from dokaseca.generate.templates.gotemplate.lexer import Token
from dokaseca.generate.templates.gotemplate.nodes import (
    Action,
    Body,
    Branch,
    Chain,
    Command,
    Dot,
    Field,
    Function,
    Invoke,
    Jump,
    Literal,
    Node,
    Operand,
    Pipeline,
    Templates,
    Text,
    Variable,
)

_DEPTH = 60  # nested blocks and parentheses; Python's own recursion limit is near
_LITERALS = {"string", "raw", "char", "number"}


_NONE_REFUSED: Mapping[str, str] = MappingProxyType({})


def parse(text: str, functions: Collection[str], refused: Mapping[str, str] = _NONE_REFUSED) -> Templates:
    """The templates in `text`.

    Args:
        functions: every name that may be called.
        refused: functions that upstream has and we do not offer, with the reason.

    Raises:
        ParseError: the text is no template, or calls a function that does not exist.
    """
    parser = _Parser(text, functions, refused)
    main = parser.body_until_end()
    return Templates(main, parser.defined, frozenset(parser.used))


class _Parser:
    def __init__(self, text: str, functions: Collection[str], refused: Mapping[str, str]) -> None:
        self._text = text
        self._refused = refused
        self._functions = functions
        self._tokens = lexer.tokens(text)
        self._at = 0
        self._depth = 0
        self._range_depth = 0
        self._scopes: list[dict[str, int]] = [{"$": 0}]
        self._frame_size = 1
        self.defined: dict[str, Body] = {}
        self.used: set[str] = set()

    # --- tokens -----------------------------------------------------------------------------------------------------

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _skip_space(self) -> Token:
        while self._peek().kind == "space":
            self._at += 1
        return self._peek()

    def _unexpected(self, token: Token, where: str) -> ParseError:
        shown = "EOF" if token.kind == "end" else f'"{token.text}"' if token.kind != "word" else f"<{token.text}>"
        return ParseError(f"unexpected {shown} in {where}", token.offset)

    def _expect_right(self, where: str) -> None:
        token = self._skip_space()
        if token.kind != "right":
            raise self._unexpected(token, where)
        self._at += 1

    # --- lists of nodes ---------------------------------------------------------------------------------------------

    def body_until_end(self) -> Body:
        """The whole text as one body."""
        nodes, stop = self._list()
        if stop.kind != "end":
            raise ParseError(f"unexpected {{{{{stop.text}}}}}", stop.offset)
        return Body(tuple(nodes), self._frame_size)

    def _list(self) -> tuple[list[Node], Token]:
        """Nodes up to `end`, `else` or the end of the text, and the token that stopped it."""
        self._depth += 1
        if self._depth > _DEPTH:
            raise ParseError("blocks are nested too deep", self._peek().offset)
        nodes: list[Node] = []
        while True:
            token = self._next()
            if token.kind == "end":
                self._at -= 1
                break
            if token.kind == "text":
                nodes.append(Text(token.text))
                continue
            word = self._skip_space()
            if word.kind == "word" and word.text in ("end", "else"):
                self._at += 1
                token = word
                break
            node = self._action()
            if node is not None:
                nodes.append(node)
        self._depth -= 1
        return nodes, token

    def _action(self) -> Node | None:
        token = self._peek()
        keywords: dict[str, Callable[[Token], Node | None]] = {
            "if": self._branch,
            "with": self._branch,
            "range": self._branch,
            "break": self._jump,
            "continue": self._jump,
            "template": self._template,
            "define": self._define,
            "block": self._block,
        }
        if token.kind == "word" and token.text in keywords:
            self._at += 1
            return keywords[token.text](token)
        pipeline = self._pipeline("command", "right")
        return Action(pipeline)

    def _branch(self, keyword: Token) -> Branch:
        is_range = keyword.text == "range"
        self._scopes.append({})
        pipeline = self._pipeline(keyword.text, "right", may_pair=is_range)
        self._range_depth += is_range
        body, stop = self._scoped_list()
        self._range_depth -= is_range
        otherwise: list[Node] = []
        if stop.text == "else":
            following = self._skip_space()
            chained = following.kind == "word" and following.text == keyword.text and keyword.text in ("if", "with")
            if chained:
                self._at += 1
                otherwise = [self._branch(following)]
                self._scopes.pop()
                return Branch(keyword.text, pipeline, tuple(body), tuple(otherwise))
            self._expect_right("else")
            otherwise, stop = self._scoped_list()
            if stop.text == "else":
                raise ParseError("expected end; found {{else}}", stop.offset)
        self._close(stop, keyword)
        self._scopes.pop()
        return Branch(keyword.text, pipeline, tuple(body), tuple(otherwise))

    def _scoped_list(self) -> tuple[list[Node], Token]:
        self._scopes.append({})
        nodes, stop = self._list()
        self._scopes.pop()
        return nodes, stop

    def _close(self, stop: Token, keyword: Token) -> None:
        if stop.kind == "end":
            raise ParseError("unexpected EOF", stop.offset)
        if stop.text != "end":
            raise ParseError(f"unexpected {{{{else}}}} in {keyword.text}", stop.offset)
        self._expect_right("end")

    def _jump(self, keyword: Token) -> Jump:
        self._expect_right("{{" + keyword.text + "}}")
        if not self._range_depth:
            raise ParseError(f"{{{{{keyword.text}}}}} outside {{{{range}}}}", keyword.offset)
        return Jump(keyword.text)

    def _name(self, where: str) -> str:
        token = self._skip_space()
        if token.kind not in ("string", "raw"):
            raise self._unexpected(token, where)
        self._at += 1
        return literals.unquote(token)

    def _template(self, keyword: Token) -> Invoke:
        name = self._name("template clause")
        pipeline = None
        if self._skip_space().kind != "right":
            pipeline = self._pipeline("template clause", "right")
        else:
            self._at += 1
        shown = f'{{{{template "{name}"{" " + pipeline.source if pipeline else ""}}}}}'
        return Invoke(name, pipeline, keyword.offset, shown)

    def _define(self, keyword: Token) -> None:
        if self._depth > 1:
            raise ParseError("unexpected {{define}}", keyword.offset)
        name = self._name("define clause")
        self._expect_right("define clause")
        self._define_body(name, keyword)

    def _block(self, keyword: Token) -> Invoke:
        name = self._name("block clause")
        pipeline = self._pipeline("block clause", "right")
        self._define_body(name, keyword)
        return Invoke(name, pipeline, keyword.offset, f'{{{{template "{name}" {pipeline.source}}}}}')

    def _define_body(self, name: str, keyword: Token) -> None:
        outer = self._scopes, self._frame_size, self._range_depth
        self._scopes, self._frame_size, self._range_depth = [{"$": 0}], 1, 0
        nodes, stop = self._list()
        self._close(stop, keyword)
        self.defined[name] = Body(tuple(nodes), self._frame_size)
        self._scopes, self._frame_size, self._range_depth = outer

    # --- pipelines --------------------------------------------------------------------------------------------------

    def _pipeline(self, where: str, end: str, *, may_pair: bool = False) -> Pipeline:
        start = self._skip_space().offset
        targets, is_declaration = self._targets(may_pair)
        commands = self._commands(where, end)
        slots = self._bind(targets, is_declaration)
        source = self._text[start : commands[-1].offset + len(commands[-1].source)]
        return Pipeline(tuple(commands), slots, start, source)

    def _targets(self, may_pair: bool) -> tuple[list[Token], bool]:
        """Variables before `:=` or `=`; leaves the position untouched when there are none."""
        mark = self._at
        targets: list[Token] = []
        while self._skip_space().kind == "variable":
            targets.append(self._next())
            following = self._skip_space()
            if following.kind in ("declare", "assign"):
                self._at += 1
                return targets, following.kind == "declare"
            if following.kind == "comma" and may_pair and len(targets) < 2:
                self._at += 1
                continue
            if following.kind == "comma" and (may_pair or len(targets) > 0):
                raise ParseError("too many declarations in command", following.offset)
            break
        self._at = mark
        return [], False

    def _bind(self, targets: list[Token], is_declaration: bool) -> tuple[int, ...]:
        slots = []
        for target in targets:
            if is_declaration:
                self._scopes[-1][target.text] = self._frame_size
                slots.append(self._frame_size)
                self._frame_size += 1
            else:
                slots.append(self._slot(target))
        return tuple(slots)

    def _slot(self, token: Token) -> int:
        for scope in reversed(self._scopes):
            if token.text in scope:
                return scope[token.text]
        raise ParseError(f'undefined variable "{token.text}"', token.offset)

    def _commands(self, where: str, end: str) -> list[Command]:
        commands: list[Command] = []
        while True:
            token = self._skip_space()
            if token.kind == end:
                self._at += 1
                break
            if commands and token.kind != "pipe":
                raise self._unexpected(token, where)
            if commands:
                self._at += 1
            command = self._command(where)
            if commands and isinstance(command.words[0], Literal | Dot):
                raise ParseError(f"non executable command in pipeline stage {len(commands) + 1}", command.offset)
            commands.append(command)
        if not commands:
            raise ParseError(f"missing value for {where}", self._tokens[self._at - 1].offset)
        return commands

    def _command(self, where: str) -> Command:
        start = self._skip_space().offset
        words: list[Operand] = []
        while True:
            token = self._skip_space()
            if token.kind in ("right", "close", "pipe"):
                break
            if words and self._tokens[self._at - 1].kind != "space":
                raise self._unexpected(token, "operand")
            words.append(self._operand(where))
        if not words:
            if self._peek().kind == "pipe" or self._tokens[max(0, self._at - 1)].kind in ("pipe", "space"):
                raise ParseError("empty command", start)
            raise ParseError(f"missing value for {where}", start)
        return Command(tuple(words), start, self._text[start : self._end_of_previous()].strip())

    def _end_of_previous(self) -> int:
        at = self._at - 1
        while at > 0 and self._tokens[at].kind == "space":
            at -= 1
        return self._tokens[at].offset + len(self._tokens[at].text)

    def _operand(self, where: str) -> Operand:
        token = self._peek()
        operand = self._term(where)
        names: list[str] = []
        offset = self._peek().offset
        while self._peek().kind == "field":
            names.append(self._next().text[1:])
        if not names:
            return operand
        source = self._text[token.offset : self._end_of_previous()]
        if isinstance(operand, Field):
            return Field((*operand.names, *names), offset, source)
        if isinstance(operand, Variable):
            return Variable(operand.slot, (*operand.names, *names), offset, source)
        if isinstance(operand, Literal | Dot):
            raise ParseError(f'unexpected . after term "{operand.source}"', offset)
        return Chain(operand, tuple(names), offset, source)

    def _term(self, where: str) -> Operand:
        token = self._next()
        if token.kind in _LITERALS:
            return Literal(literals.value(token), token.offset, token.text)
        if token.kind == "dot":
            return Dot(token.offset)
        if token.kind == "field":
            return Field((token.text[1:],), token.offset, token.text)
        if token.kind == "variable":
            return Variable(self._slot(token), (), token.offset, token.text)
        if token.kind == "word":
            return self._word(token)
        if token.kind == "open":
            self._depth += 1
            if self._depth > _DEPTH:
                raise ParseError("parentheses are nested too deep", token.offset)
            pipeline = self._pipeline("parenthesized pipeline", "close")
            self._depth -= 1
            return pipeline
        self._at -= 1
        raise self._unexpected(token, "operand" if where != "command" else where)

    def _word(self, token: Token) -> Operand:
        if token.text in ("true", "false"):
            return Literal(token.text == "true", token.offset, token.text)
        if token.text == "nil":
            return Literal(None, token.offset, token.text)
        if token.text not in self._functions:
            reason = self._refused.get(token.text)
            hint = f" ({reason})" if reason else ""
            raise ParseError(f'function "{token.text}" not defined{hint}', token.offset)
        self.used.add(token.text)
        return Function(token.text, token.offset, token.text)
