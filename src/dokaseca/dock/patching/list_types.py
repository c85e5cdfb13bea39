"""Which lists and maps are atomic, sets or keyed, for server-side apply and strategic merge.

Built-in kinds read `data/list_types.json`, which `tools/derive_list_types.py` derives from an API server's OpenAPI
schemas; custom resources read their own schema. Places are expanded on first use, so that a large CRD costs
only what objects touch.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from typing import Any, Literal, NamedTuple

from dokaseca.model.errors import NotFoundError
from dokaseca.model.identity import GroupVersionKind

ListKind = Literal["atomic", "set", "map"]


class Inside(NamedTuple):
    """What lies within a place: `fields` by name; `values` for other names; `items` for list elements."""

    fields: Mapping[str, ListTypes]
    values: ListTypes | None = None
    items: ListTypes | None = None


class ListTypes:
    """The types at one place of a kind, the root of which stands for the whole object.

    Attributes:
        is_atomic: a map here is replaced and owned as one.
        is_struct: the fields of a map here are declared; those of other maps are data.
        list_kind: what a list here is.
        keys: of a keyed list: the fields that tell its items apart.
        key_defaults: values of keys that an item may leave out.
        merge_key: the one key that strategic merge goes by.
        strategies: of strategic merge: `merge`, `replace`, `retainKeys`.
        is_always_there: an empty value that Go prints anyhow, so that setting content inside does not add it.
    """

    __slots__ = (
        "_expand",
        "_inside",
        "is_always_there",
        "is_atomic",
        "is_struct",
        "key_defaults",
        "keys",
        "list_kind",
        "merge_key",
        "strategies",
    )

    def __init__(self, expand: Callable[[], Inside], entry: Mapping[str, Any], *, is_struct: bool = False) -> None:
        self._expand = expand
        self._inside: Inside | None = None
        self.is_struct = is_struct
        self.is_atomic: bool = entry.get("map") == "atomic"
        self.list_kind: ListKind = entry.get("list", "atomic")
        self.keys: tuple[str, ...] = tuple(entry.get("keys", ()))
        self.key_defaults: Mapping[str, Any] = entry.get("defaults", {})
        self.merge_key: str = entry.get("merge_key", "")
        self.strategies: frozenset[str] = frozenset(entry.get("strategy", ()))
        self.is_always_there: bool = entry.get("always", False)

    def child(self, name: str) -> ListTypes:
        """The types of the map entry or field `name`; undeclared ones are deduced from their values."""
        inside = self._inside
        if inside is None:
            inside = self._inside = self._expand()
        found = inside.fields.get(name)
        return found if found is not None else inside.values or _free(is_atomic=False)

    @property
    def items(self) -> ListTypes:
        """The types of every element of a list here."""
        inside = self._inside
        if inside is None:
            inside = self._inside = self._expand()
        return inside.items or _free(is_atomic=True)

    def at(self, path: Iterable[str | int]) -> ListTypes:
        """The types at `path`: names, and integers for list elements."""
        here = self
        for step in path:
            here = here.items if isinstance(step, int) else here.child(step)
        return here


def for_builtin(gvk: GroupVersionKind) -> ListTypes:
    """The types of a built-in kind, from the table; cached.

    Raises:
        NotFoundError: `gvk` is not a built-in kind.
    """
    name = _table()["kinds"].get(f"{gvk.group}/{gvk.version}/{gvk.kind}")
    if name is None:
        raise NotFoundError(f"{gvk.api_version} {gvk.kind} is not a built-in kind; use its CustomResourceDefinition")
    return _struct(name)


def for_crd(schema: Mapping[str, Any]) -> ListTypes:
    """The types that a CustomResourceDefinition's `openAPIV3Schema` declares. Keep the result per CRD version."""
    declared = _of_schema(schema)
    return ListTypes(
        lambda: Inside(
            {
                **{name: _of_schema(one) for name, one in (schema.get("properties") or {}).items()},
                "metadata": _metadata(),
            },
            _free(is_atomic=False),
        ),
        {},
        is_struct=declared.is_struct,
    )


@functools.cache
def deduced() -> ListTypes:
    """Types for objects without a schema: maps are granular, lists are atomic; `metadata` is as everywhere."""
    return ListTypes(lambda: Inside({"metadata": _metadata()}, _free(is_atomic=False)), {})


@functools.cache
def _free(*, is_atomic: bool) -> ListTypes:
    """A place without a declared type; below lists everything is atomic (structured-merge-diff's untyped kinds)."""
    return ListTypes(
        lambda: Inside({}, _free(is_atomic=is_atomic), _free(is_atomic=True)),
        {"map": "atomic" if is_atomic else "granular"},
    )


def _metadata() -> ListTypes:
    return _struct("meta.v1.ObjectMeta")


@functools.cache
def _table() -> Mapping[str, Any]:
    text = resources.files("dokaseca.dock.data").joinpath("list_types.json").read_text(encoding="utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table


@functools.cache
def _struct(name: str) -> ListTypes:
    return _of_entry({"type": name})


def _of_entry(entry: Any) -> ListTypes:
    """The types that one entry of the table stands for; a bare name is a struct type."""
    if isinstance(entry, str):
        return _struct(entry)
    name = entry.get("type")
    if name is None:
        return ListTypes(
            lambda: Inside(
                {},
                _of_entry(entry["values"]) if "values" in entry else None,
                _of_entry(entry["items"]) if "items" in entry else None,
            ),
            entry,
        )
    declared = _table()["types"][name]
    merged = {**entry, "map": "atomic"} if declared.get("atomic") else entry
    return ListTypes(
        lambda: Inside({field: _of_entry(one) for field, one in declared.get("fields", {}).items()}),
        merged,
        is_struct="fields" in declared or not declared.get("atomic"),
    )


def _of_schema(schema: Mapping[str, Any]) -> ListTypes:
    """The types that a structural schema declares."""
    if schema.get("type") == "array":
        return ListTypes(lambda: Inside({}, None, _of_schema(schema.get("items") or {})), _list_entry(schema))
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    keeps_unknown = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    if not properties and not others:
        return _free(is_atomic=schema.get("type") == "object" and not keeps_unknown)
    return ListTypes(
        lambda: Inside(
            {name: _embedded(schema, name, one) for name, one in (properties or {}).items()},
            _of_schema(others) if isinstance(others, dict) else _free(is_atomic=False),
        ),
        {"map": schema.get("x-kubernetes-map-type", "granular")},
        is_struct=bool(properties),
    )


def _embedded(schema: Mapping[str, Any], name: str, one: Mapping[str, Any]) -> ListTypes:
    if name == "metadata" and schema.get("x-kubernetes-embedded-resource"):
        return _metadata()
    return _of_schema(one)


def _list_entry(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    properties = (schema.get("items") or {}).get("properties") or {}
    defaults = {key: properties[key]["default"] for key in keys if "default" in (properties.get(key) or {})}
    return {"list": schema.get("x-kubernetes-list-type", "atomic"), "keys": keys, "defaults": defaults}
