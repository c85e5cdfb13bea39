"""Writes YAML that every reader reads back as it was meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from dokaseca.kit import yaml_scalars

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_DUMPER):  # type: ignore[misc]
    """Block style; a text is quoted wherever any YAML version could take it for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: str) -> Any:
    if "\n" in value and not any(line.endswith((" ", "\t")) for line in value.split("\n")) and "\t" not in value:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|")
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if _is_ambiguous(value) else None)


def _is_ambiguous(value: str) -> bool:
    if value in ("=", "<<") or value[:1] in "0123456789+-.~":
        return True
    try:
        return yaml_scalars.resolve(value) != value
    except ValueError:
        return True


_Dumper.add_representer(str, _text)


def dump(value: Any) -> str:
    """One JSON value as a YAML document in block style, keys in the order given."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096))


def dump_all(values: Iterable[Any]) -> str:
    """Several documents, separated by `---`."""
    return "---\n".join(dump(value) for value in values)
