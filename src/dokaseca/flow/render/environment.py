"""The build environment: `$ARGOCD_APP_NAME` and its kin in parameters and value files. Pure (B2)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """`text` with `$NAME` and `${NAME}` replaced, `$$` a dollar sign; unknown names become empty."""
    return _VARIABLE.sub(lambda match: variables.get(match[1] or match[2], "") if match[0] != "$$" else "$", text)
