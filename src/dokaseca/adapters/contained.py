"""Becomes another program that ends when its parent does: `python -m dokaseca.adapters.contained PROGRAM ARGUMENT...`.

What the kernel was asked for survives the exec, so that a `kill -9` of the platform leaves no server of it behind.
"""

from __future__ import annotations

import os
import sys

from dokaseca.adapters import orphan

if __name__ == "__main__":
    orphan.end_with_parent()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - no shell is wanted
