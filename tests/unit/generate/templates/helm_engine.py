"""A script: renders charts that come as JSON lines of values and templates; answers texts or an error, one a line."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from helm_python import Chart


def render(root: Path, values: dict[str, Any], templates: dict[str, str]) -> dict[str, Any]:
    folder = root / "templates"
    folder.mkdir()
    try:
        for name, text in templates.items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8", newline="")
        rendered = Chart.load(root).render(values=values)
    except Exception as error:
        return {"error": str(error)}
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    return {"texts": {path.rpartition("/")[2].removesuffix(".txt"): text for path, text in rendered.items()}}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "Chart.yaml").write_text("apiVersion: v2\nname: oracle\nversion: 0.1.0\n")
        for line in sys.stdin:
            request = json.loads(line)
            sys.stdout.write(json.dumps(render(root, request["values"], request["templates"])) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
