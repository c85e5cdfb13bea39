"""A script: renders each [template, values] of a JSON list on stdin with Helm's engine; prints [ok, text] each."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from helm_python import Chart


def main() -> None:
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "templates").mkdir()
        (root / "Chart.yaml").write_text("apiVersion: v2\nname: oracle\nversion: 0.1.0\n")
        for text, values in json.load(sys.stdin):
            (root / "templates" / "x.txt").write_text(text)
            try:
                answers.append([True, next(iter(Chart.load(root).render(values=values).values()))])
            except Exception as error:
                answers.append([False, str(error)])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
