"""Every function that a template may call, by name, and every method of values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dokaseca.generate.templates.gotemplate import argo, builtins, methods
from dokaseca.generate.templates.gotemplate.fields import Methods
from dokaseca.generate.templates.gotemplate.functions import Function
from dokaseca.generate.templates.gotemplate.sprig import (
    certificates,
    crypto,
    dates,
    dicts,
    encoding,
    lists,
    numbers,
    paths,
    random_texts,
    reflection,
    regex,
    semver,
    strings,
    urls,
)

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    builtins.FUNCTIONS
    | strings.FUNCTIONS
    | random_texts.FUNCTIONS
    | numbers.FUNCTIONS
    | lists.FUNCTIONS
    | dicts.FUNCTIONS
    | reflection.FUNCTIONS
    | regex.FUNCTIONS
    | encoding.FUNCTIONS
    | dates.FUNCTIONS
    | semver.FUNCTIONS
    | paths.FUNCTIONS
    | urls.FUNCTIONS
    | crypto.FUNCTIONS
    | certificates.FUNCTIONS
    | argo.FUNCTIONS
)
METHODS: Final[Methods] = MappingProxyType({**methods.METHODS, **semver.METHODS})
REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "env": "templates may not read the environment",
        "expandenv": "templates may not read the environment",
        "getHostByName": "templates may not use the network",
    }
)
