"""Every function that a template may call, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from dokaseca.generate.templates import slug
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import BUILTINS, Function, fn
from dokaseca.generate.templates.gotemplate.sprig import (
    crypto,
    dates,
    dicts,
    encoding,
    lists,
    numbers,
    paths,
    regex,
    semver,
    strings,
)


def _slugify(*arguments: Any) -> str:
    """`slugify [max] [smart] name`, as Argo CD takes its arguments."""
    *options, name = arguments
    max_length, smart = (options + [50, True][len(options) :])[:2]
    if not isinstance(name, str) or not isinstance(max_length, int) or not isinstance(smart, bool):
        raise CallError("slugify takes [max length] [smart truncate] name")
    return slug.slugify(name, max_length, smart)


FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    BUILTINS
    | strings.FUNCTIONS
    | numbers.FUNCTIONS
    | lists.FUNCTIONS
    | dicts.FUNCTIONS
    | regex.FUNCTIONS
    | encoding.FUNCTIONS
    | dates.FUNCTIONS
    | semver.FUNCTIONS
    | paths.FUNCTIONS
    | crypto.FUNCTIONS
    | {"normalize": fn("s", slug.normalize), "slugify": fn("aa*", _slugify)}
)
