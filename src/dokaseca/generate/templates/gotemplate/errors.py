"""What goes wrong inside a template, before it becomes a UserError.

TemplateError       carries its place in the text; `template` turns it into a UserError with line and column
├── ParseError      the text is no template
├── ExecError       a node could not be evaluated
│   └── MissingKey  under missingkey=error, a map had no such entry
└── CallError       a function refused its arguments; the call site makes it an ExecError
"""

from __future__ import annotations


class TemplateError(Exception):
    """Root of the template errors.

    Attributes:
        offset: the place in the text, in characters.
        context: the node that was evaluated, as Go writes it.
        template: the name of the template that holds the node, empty for the text itself.
    """

    def __init__(self, message: str, offset: int = 0, context: str = "", template: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.context = context
        self.template = template


class ParseError(TemplateError):
    """The text is no template."""


class ExecError(TemplateError):
    """A node could not be evaluated."""


class MissingKey(ExecError):
    """Under `missingkey=error`, a map had no such entry."""


class CallError(TemplateError):
    """A function refused its arguments."""
