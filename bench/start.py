"""How long a command takes before it does anything."""

from __future__ import annotations

import subprocess
import sys
import time

from support import figures

TRIES = 5
COMMANDS = {
    "python_alone": ["-c", "pass"],
    "import_dokaseca": ["-c", "import dokaseca"],
    "help": ["-m", "dokaseca.cli.main", "--help"],
    "version": ["-m", "dokaseca.cli.main", "version"],
}


def main() -> None:
    figures.say(f"best of {TRIES} for each of {', '.join(COMMANDS)}")
    best = {f"{name}_best_seconds": min(once(arguments) for _ in range(TRIES)) for name, arguments in COMMANDS.items()}
    figures.tell("start", {"tries_count": TRIES, **best})


def once(arguments: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
