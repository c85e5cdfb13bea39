"""Which engine an ApplicationSet uses, behind one face."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from dokaseca.generate.templates import fast
from dokaseca.generate.templates.gotemplate import template
from dokaseca.kit.clock import Clock

Params: TypeAlias = dict[str, Any]
Renderer: TypeAlias = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Engine:
    """Compiles and renders single strings.

    Attributes:
        is_go: Go text/template (`goTemplate: true`) instead of `{{key}}` substitution.
        missing_key: `default`, `zero` or `error`; Go only.
        clock: what `now` reads.
    """

    is_go: bool
    missing_key: str
    clock: Clock

    def compile(self, text: str) -> Renderer | None:
        """A function from parameters to text, None when `text` holds nothing to render.

        Raises:
            UserError: the text is no template (Go only).
        """
        if not self.is_go:
            return fast.compile_text(text)
        compiled = template.compile_text(text, self.missing_key)
        if compiled is None:
            return None
        render, mutates = compiled
        clock = self.clock
        if mutates:  # `set` and its like must not leak from one string of the template into the next
            return lambda params: render(copy.deepcopy(params), clock)
        return lambda params: render(params, clock)

    def render(self, text: str, params: Mapping[str, Any]) -> str:
        """`text` rendered once.

        Raises:
            UserError: the text is no template, or cannot be executed with these parameters (Go only).
        """
        renderer = self.compile(text)
        return text if renderer is None else renderer(params)

    def with_missing_key(self, mode: str) -> Engine:
        """The same engine under another missing-key mode."""
        return Engine(self.is_go, mode, self.clock)


def select(*, is_go: bool, options: Sequence[str], clock: Clock) -> Engine:
    """The engine for `goTemplate` and `goTemplateOptions`.

    Raises:
        UserError: an unknown option.
    """
    return Engine(is_go, template.missing_key_mode(options) if is_go else "default", clock)
