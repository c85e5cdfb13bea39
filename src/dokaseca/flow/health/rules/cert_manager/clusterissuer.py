"""Ready, as the operator's condition tells."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model.health import Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    return conditions.by_ready(live, progressing=("Issuing", "Pending", "Initializing", "DoesNotExist"))
