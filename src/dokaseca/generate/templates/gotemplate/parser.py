"""Tokens to nodes, with Go's grammar and Go's complaints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from dokaseca.generate.templates.gotemplate import literals, quoting
from dokaseca.generate.templates.gotemplate.errors import ParseError
from dokaseca.generate.templates.gotemplate.lexer import Token
from dokaseca.generate.templates.gotemplate.nodes import Action, Body, Branch, Invoke, Jump, Node, Templates, Text
from dokaseca.generate.templates.gotemplate.operands import OperandParser

_DEPTH: Final = 60  # nested blocks; Python's own recursion limit is near
_NONE_REFUSED: Final[Mapping[str, str]] = MappingProxyType({})
_BLANK: Final = " \t\n\v\f\r\x85\xa0"


def parse(text: str, functions: Collection[str], refused: Mapping[str, str] = _NONE_REFUSED) -> Templates:
    """The templates in `text`.

    Args:
        functions: every name that may be called.
        refused: functions that upstream has and we do not offer, with the reason.

    Raises:
        ParseError: the text is no template, or calls a function that does not exist.
    """
    parser = _Parser(text, functions, refused)
    return parser.templates()


class _Parser(OperandParser):
    def __init__(self, text: str, functions: Collection[str], refused: Mapping[str, str]) -> None:
        super().__init__(text, functions, refused)
        self._depth = 0
        self._range_depth = 0
        self._defined: dict[str, Body] = {}
        self._keywords: dict[str, Callable[[Token], Node]] = {
            "if": self._control,
            "with": self._control,
            "range": self._control,
            "break": self._jump,
            "continue": self._jump,
            "template": self._template,
            "block": self._block,
        }

    def templates(self) -> Templates:
        """The whole text: the main template, named "", and those that it defines."""
        nodes: list[Node] = []
        while self._tokens.peek().kind != "eof":
            mark = self._tokens.mark()
            if self._tokens.next().kind == "left":
                word = self._tokens.next_after_space()
                if word.kind == "keyword" and word.text == "define":
                    self._define()
                    continue
            self._tokens.rewind(mark)
            node, stop = self._text_or_action()
            if node is None:
                raise self._tokens.problem(f"unexpected {{{{{stop}}}}}")
            nodes.append(node)
        main = Body(tuple(nodes), self._scopes.frame_size)
        self._add("", main)
        return Templates(self._defined[""], self._defined, frozenset(self._used))

    def _add(self, name: str, body: Body) -> None:
        """A template under its name; a blank one neither replaces another nor stands in the way of one."""
        present = self._defined.get(name)
        if present is None or _is_blank(present):
            self._defined[name] = body
        elif not _is_blank(body):
            raise self._tokens.problem(f"template: multiple definition of template {quoting.quote(name)}")

    # --- lists of nodes ---------------------------------------------------------------------------------------------

    def _list(self) -> tuple[list[Node], str]:
        """Nodes up to `end` or `else`, and which of them stopped it."""
        self._depth += 1
        if self._depth > _DEPTH:
            raise self._tokens.problem("blocks are nested too deep")
        nodes: list[Node] = []
        while self._tokens.peek_after_space().kind != "eof":
            node, stop = self._text_or_action()
            if node is None:
                self._depth -= 1
                return nodes, stop
            nodes.append(node)
        raise self._tokens.problem("unexpected EOF")

    def _text_or_action(self) -> tuple[Node | None, str]:
        """The next node; None, and which word it was, for `end` and `else`."""
        token = self._tokens.next_after_space()
        if token.kind == "text":
            return Text(token.text), ""
        if token.kind != "left":
            raise self._tokens.unexpected(token, "input")
        self._tokens.action_line = self._tokens.line(token.offset)
        try:
            return self._action()
        finally:
            self._tokens.action_line = 0

    def _action(self) -> tuple[Node | None, str]:
        token = self._tokens.next_after_space()
        if token.kind == "keyword":
            if token.text == "end":
                self._expect_right("end")
                return None, "end"
            if token.text == "else":
                self._else()
                return None, "else"
            if token.text in self._keywords:
                return self._keywords[token.text](token), ""
        self._tokens.back()
        return Action(self._pipeline("command", "right")), ""

    def _else(self) -> None:
        """After `else`: the end of the action, or the `if` or `with` of a chain, which is left for `_control`."""
        following = self._tokens.peek_after_space()
        if not (following.kind == "keyword" and following.text in ("if", "with")):
            self._expect_right("else")

    def _expect_right(self, context: str) -> None:
        token = self._tokens.next_after_space()
        if token.kind != "right":
            raise self._tokens.unexpected(token, context)

    def _control(self, keyword: Token) -> Branch:
        """`if`, `with` or `range`, whose keyword is past."""
        word = keyword.text
        scopes, known = self._scopes, self._scopes.mark()
        scopes.enter()
        pipeline = self._pipeline(word, "right")
        collection = scopes.hidden() if word == "range" else 0
        self._note_elements(pipeline, collection)
        self._range_depth += word == "range"
        body, stop = self._scoped_list(self._dot_of if word == "if" else collection)
        self._range_depth -= word == "range"
        otherwise: list[Node] = []
        if stop == "else":
            following = self._tokens.peek()
            if word != "range" and following.kind == "keyword" and following.text == word:
                self._tokens.next()
                otherwise = [self._chained(following)]
            else:
                otherwise, stop = self._scoped_list(self._dot_of)
                if stop != "end":
                    raise self._tokens.problem(f"expected end; found {{{{{stop}}}}}")
        scopes.leave()
        scopes.forget(known)
        return Branch(word, pipeline, tuple(body), tuple(otherwise), collection)

    def _chained(self, keyword: Token) -> Branch:
        """The `if` of `else if`: it shares the `end`, but counts as one block more."""
        self._depth += 1
        if self._depth > _DEPTH:
            raise self._tokens.problem("blocks are nested too deep")
        branch = self._control(keyword)
        self._depth -= 1
        return branch

    def _scoped_list(self, dot_of: int) -> tuple[list[Node], str]:
        """A branch's nodes; in the body of a range the dot is one of its elements."""
        outer, self._dot_of = self._dot_of, dot_of
        self._scopes.enter()
        nodes, stop = self._list()
        self._scopes.leave()
        self._dot_of = outer
        return nodes, stop

    def _jump(self, keyword: Token) -> Jump:
        shown = f"{{{{{keyword.text}}}}}"
        self._expect_right(shown)
        if not self._range_depth:
            raise self._tokens.problem(f"{shown} outside {{{{range}}}}")
        return Jump(keyword.text)

    # --- named templates --------------------------------------------------------------------------------------------

    def _name(self, context: str) -> Token:
        token = self._tokens.next_after_space()
        if token.kind not in ("string", "raw"):
            raise self._tokens.unexpected(token, context)
        return token

    def _unquoted(self, token: Token) -> str:
        try:
            return literals.unquoted(token)
        except ParseError as error:
            raise self._tokens.problem(error.message) from error

    def _template(self, keyword: Token) -> Invoke:
        token = self._name("template clause")
        name = self._unquoted(token)
        pipeline = None
        if self._tokens.next_after_space().kind != "right":
            self._tokens.back()
            pipeline = self._pipeline("template clause", "right")
        return Invoke(name, pipeline, token.offset)

    def _define(self) -> None:
        name = self._unquoted(self._name("define clause"))
        self._expect_right("define clause")
        self._define_body(name, "define clause")

    def _block(self, keyword: Token) -> Invoke:
        token = self._name("block clause")
        name = self._unquoted(token)
        pipeline = self._pipeline("block clause", "right")
        self._define_body(name, "block clause")
        return Invoke(name, pipeline, token.offset)

    def _define_body(self, name: str, context: str) -> None:
        outer = self._scopes, self._range_depth, self._dot_of
        self._scopes, self._range_depth, self._dot_of = self.new_scopes(), 0, 0
        nodes, stop = self._list()
        if stop != "end":
            raise self._tokens.problem(f"unexpected {{{{{stop}}}}} in {context}")
        self._add(name, Body(tuple(nodes), self._scopes.frame_size))
        self._scopes, self._range_depth, self._dot_of = outer


def _is_blank(body: Body) -> bool:
    return all(isinstance(node, Text) and not node.text.strip(_BLANK) for node in body.nodes)
