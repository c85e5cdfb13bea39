"""What the process tells its caller; scripts rely on it."""

from __future__ import annotations

from typing import Final

OK: Final = 0
NO: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
BUG: Final = 70  # sysexits: EX_SOFTWARE
INTERRUPTED: Final = 130  # shells: 128 and the signal's number
BROKEN_PIPE: Final = 141

MEANINGS: Final = {
    OK: "success",
    NO: "the answer is no: differences, not converged, not healthy, an operation failed",
    USAGE: "wrong usage or input, or it is not allowed",
    UNREACHABLE: "not running, not reachable, or busy: try again",
    BUG: "an error in dokaseca itself",
    INTERRUPTED: "interrupted",
    BROKEN_PIPE: "whoever read the output went away",
}
