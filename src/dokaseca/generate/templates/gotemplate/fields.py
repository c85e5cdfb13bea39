"""Access to members: `.a.b` of maps, structs and their methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.calls import Call
from dokaseca.generate.templates.gotemplate.errors import MissingKey
from dokaseca.generate.templates.gotemplate.functions import Function
from dokaseca.generate.templates.gotemplate.nodes import Chain, Field, Operand, Variable
from dokaseca.generate.templates.gotemplate.places import fail, last_seen
from dokaseca.generate.templates.gotemplate.run import NO_FINAL, Expression, Run
from dokaseca.generate.templates.gotemplate.values import MISSING, StringMap

Methods: TypeAlias = Mapping[type, Mapping[str, Function]]
Follow: TypeAlias = Callable[[Run, Any, Any], Any]  # run, dot, receiver


class Access:
    """One chain of names in the text.

    Args:
        methods: by receiver's type and name.
        missing_key: `default` (absent stays absent), `zero` or `error`.
    """

    __slots__ = ("_calls", "_methods", "_missing_key", "_node", "_seen", "_template")

    def __init__(self, node: Field | Variable | Chain, methods: Methods, missing_key: str, template: str) -> None:
        self._node = node
        self._seen = last_seen(node)
        self._methods = methods
        self._missing_key = missing_key
        self._template = template
        self._calls: dict[Function, Call] = {}

    def follow(self) -> Follow:
        """What goes from a receiver along all names."""
        names = self._node.names
        is_default = self._missing_key == "default"
        if len(names) == 1:
            name = names[0]

            def get_one(run: Run, dot: Any, receiver: Any) -> Any:
                if isinstance(receiver, dict):
                    found = receiver.get(name, MISSING)
                    return self._absent(receiver, name) if found is MISSING and not is_default else found
                return self._member(run, dot, receiver, 0, "")

            return get_one

        def get_all(run: Run, dot: Any, receiver: Any) -> Any:
            container: Any = None
            for place, name in enumerate(names):
                if isinstance(receiver, dict):
                    found = receiver.get(name, MISSING)
                    if found is MISSING and not is_default:
                        found = self._absent(receiver, name)
                else:
                    static = "" if container is None else values.element_type(container)
                    found = self._member(run, dot, receiver, place, static)
                container = receiver if isinstance(receiver, dict) else None
                receiver = found
            return receiver

        return get_all

    def with_arguments(self, words: Sequence[Operand], evaluate: Sequence[Expression]) -> Callable[..., Any]:
        """The same, with arguments for the last name, which must then be a method; with (run, dot, receiver, final)."""
        names = self._node.names

        def get(run: Run, dot: Any, receiver: Any, final: Any = NO_FINAL) -> Any:
            static = ""
            for place in range(len(names) - 1):
                container, receiver = receiver, self._step(run, dot, receiver, place, static)
                static = values.element_type(container) if isinstance(container, dict) else ""
            name = names[-1]
            method = self._method_or_none(receiver, name)
            if method is not None:
                return self._invoke(method, name, words, evaluate)(run, dot, receiver, final)
            if isinstance(receiver, dict):
                fail(f"{name} is not a method but has arguments", self._seen, self._template)
            if isinstance(receiver, values.Struct) and name in receiver.go_fields():
                fail(f"{name} has arguments but cannot be invoked as function", self._seen, self._template)
            return self._member(run, dot, receiver, len(names) - 1, static)

        return get

    def _step(self, run: Run, dot: Any, receiver: Any, place: int, static: str) -> Any:
        if not isinstance(receiver, dict):
            return self._member(run, dot, receiver, place, static)
        found = receiver.get(self._node.names[place], MISSING)
        if found is MISSING and self._missing_key != "default":
            return self._absent(receiver, self._node.names[place])
        return found

    def _absent(self, mapping: dict[str, Any], name: str) -> Any:
        if self._missing_key == "error":
            self._missing(f'map has no entry for key "{name}"')
        return "" if isinstance(mapping, StringMap) else None

    def _missing(self, message: str) -> None:
        raise MissingKey(message, self._seen.offset, str(self._seen), self._template)

    def _member(self, run: Run, dot: Any, receiver: Any, place: int, static: str) -> Any:
        """A member of something that is no map.

        Args:
            static: the type that Go knows the receiver by, empty for that of its value.
        """
        name = self._node.names[place]
        if receiver is MISSING:
            if self._missing_key == "error":
                self._missing(f'nil data; no entry for key "{name}"')
            return MISSING
        if receiver is None:
            fail(f"nil pointer evaluating interface {{}}.{name}", self._seen, self._template)
        method = self._method_or_none(receiver, name)
        if method is not None:
            return self._invoke(method, name, (), ())(run, dot, receiver, NO_FINAL)
        if isinstance(receiver, values.Struct) and name in (fields := receiver.go_fields()):
            return fields[name]
        shown = static or self._static(run, place) or values.type_name(receiver)
        return fail(f"can't evaluate field {name} in type {shown}", self._seen, self._template)

    def _static(self, run: Run, place: int) -> str:
        """The type by which Go knows an element of a range, empty for other receivers."""
        node = self._node
        slot = node.dot_of if isinstance(node, Field) else node.elements_of if isinstance(node, Variable) else 0
        return values.element_type(run.frame[slot]) if slot and not place else ""

    def _method_or_none(self, receiver: Any, name: str) -> Function | None:
        of_type = self._methods.get(type(receiver))
        return None if of_type is None else of_type.get(name)

    def _invoke(
        self, method: Function, name: str, words: Sequence[Operand], evaluate: Sequence[Expression]
    ) -> Callable[..., Any]:
        call = self._calls.get(method)
        if call is None:
            call = self._calls[method] = Call(method, name, words, evaluate, self._node, self._template)

        def invoke(run: Run, dot: Any, receiver: Any, final: Any) -> Any:
            problem = call.count_problem(has_final=final is not NO_FINAL)
            if problem:
                fail(problem, self._seen, self._template)
            return call.run(run, dot, final, (receiver,))

        return invoke
