"""The build environment: `$ARGOCD_APP_NAME` and its kin in parameters and value files. Pure (B2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """`text` with `$NAME` and `${NAME}` replaced, `$$` a dollar sign; unknown names become empty."""
    return _VARIABLE.sub(lambda match: variables.get(match[1] or match[2], "") if match[0] != "$$" else "$", text)


def used(options: Any, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that stand somewhere in a source's options: what else they are does not matter to the result."""
    names = {match[1] or match[2] for match in _VARIABLE.finditer(str(options))}
    return {name: text for name, text in variables.items() if name in names}
