"""The child process that evaluates one jsonnet program: an endless loop or a flood of memory ends with it.

Reads a JSON request from standard input, writes a JSON answer to standard output. A program is evaluated in a process
of its own because the library holds the interpreter lock all the while.
"""

from __future__ import annotations

import json
import posixpath
import resource
import sys
from collections.abc import Mapping
from typing import Any

from dokaseca.adapters import orphan
from dokaseca.kit import paths

STACK = 500  # nested calls: what jsonnet allows by default
MEMORY_BYTES = 2**30  # programs in the wild take a tenth
TRACE_LINES = 6  # enough to find the place


def evaluate(request: Mapping[str, Any]) -> str:
    """The JSON text that the program stands for.

    Raises:
        RuntimeError: the program is wrong; says where.
    """
    import rjsonnet

    files, program = request["files"], str(request["path"])

    def load(folder: str, name: str) -> tuple[str, str]:
        near = posixpath.dirname(program) if folder.startswith("/") else folder  # the program itself has no folder
        for base in (near, *request["library_paths"]):
            try:
                found = paths.join(base, name)
            except paths.EscapesJail:
                continue
            if found in files:
                return found, files[found]
        raise RuntimeError(f"import {name!r} is not in the repository, or no text")

    return str(
        rjsonnet.evaluate_snippet(
            program,
            files[program],
            max_stack=STACK,
            ext_vars=request["ext_vars"],
            ext_codes=request["ext_code"],
            tla_vars=request["tla_vars"],
            tla_codes=request["tla_code"],
            import_callback=load,
        )
    )


def _short(message: str) -> str:
    lines = message.replace("import_callback error: RuntimeError: ", "").rstrip().splitlines()
    return "\n".join([*lines[:TRACE_LINES], *(["    …"] if len(lines) > TRACE_LINES else [])])


def main() -> None:
    """Answer one request."""
    orphan.end_with_parent()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    request = json.load(sys.stdin)
    try:
        answer = {"value": evaluate(request)}
    except RuntimeError as error:
        answer = {"error": _short(str(error))}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
