"""What is wrong with a platform file: by its schema first, then what no schema can say. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

RESERVED_NAMES = frozenset({"in-cluster"})  # Argo CD's own name for the cluster that it runs in
FIELDS_OF_LABELS = {  # labels that decide what a cluster is: only their own field may set them
    "cluster_name": "name",
    "environment": "environment",
    "argocd.argoproj.io/secret-type": "",
}
LABELS_OF_FIELDS = frozenset(
    {*FIELDS_OF_LABELS, "env", "cloud", "cloud_provider", "region", "type", "cluster_type", "distro", "version"}
)
LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")  # without its prefix
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?\Z")
ANNOTATIONS_BYTES = 256 * 1024  # Kubernetes' limit for all of one object
SHOWN_CHARS = 80  # of a value in a message

_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@]*:[^/?#]*@")  # scheme://user:password@
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
}


def problems(value: Any, schema: Mapping[str, Any]) -> list[Problem]:
    """Every problem of a platform file's document; what the schema refuses hides the rest."""
    return list(_schema_problems(value, schema)) or list(_meaning_problems(value))


def flag(addon: str) -> str:
    """The label that enables an addon: `metrics-server` is `enable_metrics_server`."""
    return addon if addon.startswith("enable_") else "enable_" + addon.replace("-", "_")


def _schema_problems(value: Any, schema: Mapping[str, Any]) -> Iterator[Problem]:
    from jsonschema import Draft202012Validator, validators

    if value is None:
        yield (), f"the file is empty; a platform file needs {', '.join(schema['required'])}"
        return
    validator: Any = validators.extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    for error in validator(schema).iter_errors(value):
        path: Path = tuple(error.absolute_path)
        if "propertyNames" in error.absolute_schema_path:
            path = (*path, str(error.instance))
        for below, message in _SENTENCES[str(error.validator)](error, _dotted(path)):
            yield (*path, *below), message


def _pattern(_validator: Any, pattern: str, value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    """As the schema's dialect has it: `$` is the end of the value, which Python's also finds before a line break.

    A text whose length is wrong has its own message, and costs no matching.
    """
    from jsonschema import ValidationError

    if not isinstance(value, str) or not schema.get("minLength", 0) <= len(value) <= schema["maxLength"]:
        return
    if value.endswith("\n") or not re.search(pattern, value):
        yield ValidationError("does not match")


Sentences = Iterator[tuple[Path, str]]


def _unknown_fields(error: Any, where: str) -> Sentences:
    known = list(error.schema["properties"])
    for name in error.instance:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
            yield (name,), f"unknown field {_shown(name)}; {hint}"


def _missing(error: Any, where: str) -> Sentences:
    for name in error.validator_value:
        if name not in error.instance:
            yield (), f"{where} needs the field {name!r}"


def _wrong_type(error: Any, where: str) -> Sentences:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    words = " or ".join(_TYPES[one] for one in wanted)
    yield (), f"{where} must be {words}, not {_kind(error.instance)}"


def _one(sentence: Callable[[Any], str]) -> Callable[[Any, str], Sentences]:
    def about(error: Any, where: str) -> Sentences:
        yield (), f"{where} {sentence(error)}"

    return about


_SENTENCES: dict[str, Callable[[Any, str], Sentences]] = {
    "additionalProperties": _unknown_fields,
    "required": _missing,
    "type": _wrong_type,
    "const": _one(lambda error: f"must be {error.validator_value}, not {_shown(error.instance)}"),
    "enum": _one(lambda error: f"must be {' or '.join(error.validator_value)}, not {_shown(error.instance)}"),
    "minLength": _one(lambda error: "must not be empty"),
    "maxLength": _one(lambda error: f"is longer than {error.validator_value} characters"),
    "maxItems": _one(lambda error: f"has more than {error.validator_value} entries"),
    "pattern": _one(lambda error: f"is not valid: {_shown(error.instance)}; use {error.schema['description']}"),
}


def _meaning_problems(value: Mapping[str, Any]) -> Iterator[Problem]:
    spec = value["spec"]
    entries: list[tuple[Path, Any]] = [(("spec", "hub"), spec.get("hub") or {})]
    entries += [(("spec", "clusters", index), one) for index, one in enumerate(spec.get("clusters") or ())]
    seen: set[str] = set()
    for path, one in entries:
        name = one.get("name") or "hub"
        if name in RESERVED_NAMES:
            yield (*path, "name"), f"cluster name {name!r} is reserved by Argo CD; choose another"
        if name in seen:
            yield (*path, "name"), f"cluster name {name!r} is taken already; names must be unique"
        seen.add(name)
        yield from _label_problems(path, one)
        yield from _addon_problems((*path, "addons"), one.get("addons") or {})
        size = sum(len(str(part).encode()) for pair in (one.get("annotations") or {}).items() for part in pair)
        if size > ANNOTATIONS_BYTES:
            yield (*path, "annotations"), "annotations are larger than 256 KiB together, which Kubernetes refuses"
    for name, repository in (spec.get("repositories") or {}).items():
        yield from _repository_problems(("spec", "repositories", name), repository)


def _label_problems(path: Path, one: Mapping[str, Any]) -> Iterator[Problem]:
    for name, text in (one.get("labels") or {}).items():
        if name in FIELDS_OF_LABELS:
            hint = f"set the field {FIELDS_OF_LABELS[name]!r} instead" if FIELDS_OF_LABELS[name] else "remove it"
            yield (*path, "labels", name), f"label {name!r} decides what the cluster is; {hint}"
        if not LABEL_VALUE.match(str(text)):  # a number: the schema has seen to texts
            yield (*path, "labels", name), f"label {name!r}: {_cut(str(text))} is no number that a label can hold"
    for name in one.get("teams") or {}:
        if name in LABELS_OF_FIELDS or name.startswith("enable_"):
            yield (*path, "teams", name), f"team {name!r} would overwrite the label of that name; choose another name"


def _addon_problems(path: Path, addons: Mapping[str, Any]) -> Iterator[Problem]:
    flags: dict[str, str] = {}
    for name in addons:
        label = flag(name)
        if not LABEL_NAME.match(label):
            yield (*path, name), f"addon {name!r} makes a label that is longer than 63 characters"
        if label in flags:
            yield (*path, name), f"addon {name!r} is there already as {flags[label]!r}; keep one of them"
        flags.setdefault(label, name)


def _repository_problems(path: Path, repository: Mapping[str, Any]) -> Iterator[Problem]:
    if _PASSWORD.match(str(repository.get("url") or "")):
        yield (*path, "url"), "a repository's url must not hold a password: it is written where everybody can read it"
    for part in ("basepath", "path"):
        if {".", ".."} & set(str(repository.get(part) or "").split("/")):
            yield (*path, part), f"{part} must be a folder inside the repository, without '.' or '..'"


def _dotted(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return _cut(text.removeprefix(".")) or "the file"


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"the boolean {_shown(value)}"
    if isinstance(value, (int, float)):
        return f"the number {_shown(value)}"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def _shown(value: Any) -> str:
    return _cut(orjson.dumps(value).decode()) if not isinstance(value, (dict, list)) else _kind(value)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "..."
