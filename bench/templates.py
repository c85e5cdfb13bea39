"""How fast templates become text: Go's, parsed already and anew, and those of `{{key}}`; with and without sprig."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

from support import figures

from dokaseca.generate.templates import fast
from dokaseca.generate.templates.gotemplate import template
from dokaseca.kit.clock import SystemClock

SECONDS = 2.0  # for each figure: long enough that a hiccup does not decide
BATCH = 1000  # between two looks at the clock

CLUSTER: dict[str, Any] = {
    "name": "spoke-prod",
    "metadata": {"labels": {"environment": "prod", "tenant": "team-a"}},
    "path": {"path": "apps/team-a/web", "basename": "web", "segments": ["apps", "team-a", "web"]},
}
FLAT = {"name": "spoke-prod", "metadata.labels.environment": "prod"}
NAME = "{{.name}}-{{.metadata.labels.environment}}"
GO = {
    "name": NAME,
    "sprig": '{{ .path.basename | lower | replace "_" "-" | trunc 40 | trimSuffix "-" | default .name }}',
    "range": "{{ range $i, $s := .path.segments }}{{ if $i }}/{{ end }}{{ $s }}{{ end }}",
    "yaml": "labels:{{ .metadata.labels | toYaml | nindent 2 }}",
}


def main() -> None:
    clock = SystemClock()
    found: dict[str, float | int | str] = {}
    for name, text in GO.items():
        figures.say(name)
        compiled = template.compile_text(text)
        assert compiled is not None
        render = compiled[0]
        found[f"go_{name}_renders_per_second"] = _per_second(lambda render=render: render(CLUSTER, clock))
    figures.say("parsing, and the plain engine")
    unique = (f"{NAME}{number}" for number in itertools.count())
    found["go_name_parses_per_second"] = _per_second(lambda: template.compile_text(next(unique)))
    renderer = fast.compile_text("{{name}}-{{metadata.labels.environment}}")
    assert renderer is not None
    found["fast_name_renders_per_second"] = _per_second(lambda: renderer(FLAT))
    figures.tell("templates", found)


def _per_second(work: Callable[[], object]) -> float:
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS:
        for _ in range(BATCH):
            work()
        count += BATCH
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
