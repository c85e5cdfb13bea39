"""jq expressions of `ignoreDifferences`: read before they run, so that none can read the process or run for ever. Pure.

jq is a language: it can print the environment and loop without end, and nothing stops a running program. A path
needs little of it: what is not in the list below is refused by name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from dokaseca.model.errors import UserError

PROGRAMS_KEPT = 256  # compiled, in memory: compiling takes 2 ms, running 0.1 ms
CHARACTERS = 2_000  # the longest expression: real ones have fewer than 300
BRANCHES = 24  # commas and iterators: each may multiply the work of the ones before
DESCENTS = 2  # `..` visits everything below: each multiplies by the depth of the object
ALLOWED = frozenset(
    {"select", "not", "and", "or", "if", "then", "elif", "else", "end", "try", "catch", "empty", "null", "true"}
    | {"false", "test", "match", "startswith", "endswith", "ltrimstr", "rtrimstr", "contains", "inside", "has", "in"}
    | {"any", "all", "map", "map_values", "first", "last", "keys", "length", "to_entries", "from_entries", "type"}
    | {"tostring", "tonumber", "ascii_downcase", "ascii_upcase", "index", "rindex", "indices", "split", "join", "sort"}
    | {"sort_by", "unique", "flatten", "min", "max", "add", "path", "getpath", "del", "arrays", "objects", "scalars"}
    | {"strings", "numbers", "booleans", "nulls", "iterables", "values", "IN", "isvalid", "error"}
)
_TOKEN = re.compile(
    r"""(?P<field>\.[A-Za-z_][A-Za-z0-9_]*)|(?P<variable>\$[A-Za-z_]\w*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<descent>\.\.)
    |(?P<branch>,|\[\s*\])|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<format>@\w+)|(?P<comment>\#)|(?P<times>\*)""",
    re.VERBOSE,
)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def delete(manifest: Any, expression: str) -> Any:
    """`manifest` without what `expression` leads to; unchanged where the path does not fit it, as in Argo CD.

    Raises:
        UserError: reason InvalidJq: the expression does not compile, or does more than lead to fields.
    """
    try:
        return next(iter(_program(expression).input_value(manifest)), manifest)
    except ValueError:
        return manifest


@lru_cache(maxsize=PROGRAMS_KEPT)
def _program(expression: str) -> Any:
    import jq

    _check(expression)
    try:
        return jq.compile(f"del({expression})")
    except ValueError as error:
        why = str(error).splitlines()[0] if str(error) else "syntax error"
        raise _refused(expression, f"does not compile: {why}") from error


def _check(expression: str) -> None:
    if len(expression) > CHARACTERS:
        raise _refused(expression, f"is longer than {CHARACTERS} characters")
    if any("\\(" in text for text in _STRING.findall(expression)):
        raise _refused(expression, "computes a text with \\(...); write the text itself")
    code = _STRING.sub('""', expression)
    stack: list[str] = []
    branches = descents = 0
    for token in _TOKEN.finditer(code):
        text = token.group()
        branches += token.lastgroup == "branch"
        descents += token.lastgroup == "descent"
        if token.lastgroup in ("variable", "format", "comment", "times") or (
            token.lastgroup == "name" and text not in ALLOWED
        ):
            raise _refused(expression, f"uses {text!r}, which is not allowed here; lead to fields only")
        if token.lastgroup == "open":
            stack.append(_PAIRS[text])
        elif token.lastgroup == "close" and (not stack or stack.pop() != text):
            raise _refused(expression, "closes a bracket that it did not open")
    if branches > BRANCHES or descents > DESCENTS:
        raise _refused(expression, f"has more than {BRANCHES} branches or {DESCENTS} descents (..); split it up")


def _refused(expression: str, why: str) -> UserError:
    shown = expression if len(expression) <= 80 else expression[:80] + "..."
    return UserError(f"jq expression {shown!r} {why}; correct spec.ignoreDifferences", reason="InvalidJq")
