"""One value against another, field by field, with what is known of Kubernetes' kinds. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dokaseca.flow.diff import merge_keys, quantities, zero_values
from dokaseca.model.identity import GroupKind


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares objects of one kind."""

    kind: GroupKind

    @property
    def built_in(self) -> bool:
        return self.kind.group in zero_values.BUILT_IN_GROUPS

    def differences(self, wanted: Any, found: Any, path: str = "", name: str = "", parent: str = "") -> Iterator[str]:
        """Pointers to the fields of `wanted` that `found` does not hold; null in `wanted` asks for nothing.

        Args:
            path: of both values, as a JSON pointer.
            name: of the field that holds them.
            parent: of the field that holds the mapping around that field.
        """
        if wanted is None:
            return
        if isinstance(wanted, dict) and isinstance(found, dict):
            for child, value in wanted.items():
                here = f"{path}/{escaped(child)}"
                if child in found:
                    yield from self.differences(value, found[child], here, child, name)
                elif not self.may_be_absent(value, child, name):
                    yield here
        elif isinstance(wanted, list) and isinstance(found, list):
            yield from self._in_lists(wanted, found, path, name)
        elif not self.are_equal(wanted, found, name, parent):
            yield path

    def may_be_absent(self, value: Any, name: str, parent: str) -> bool:
        """Whether a missing field is what `value` asks for."""
        return zero_values.may_be_absent(value, name, parent, built_in=self.built_in)

    def are_equal(self, wanted: Any, found: Any, name: str, parent: str) -> bool:
        """Whether two values that are not both mappings or both lists mean the same."""
        if is_same(wanted, found) or (zero_values.is_empty(wanted) and zero_values.is_empty(found)):
            return True
        if found is None:
            return self.may_be_absent(wanted, name, parent)
        if quantities.is_amount(self.kind.kind, name, parent) and quantities.are_equal(wanted, found):
            return True
        return zero_values.is_filled_in(wanted, name, parent, built_in=self.built_in)

    def _in_lists(self, wanted: list[Any], found: list[Any], path: str, name: str) -> Iterator[str]:
        if merge_keys.is_set(self.kind, name):
            yield from (f"{path}/{index}" for index, item in enumerate(wanted) if not self._is_among(item, found))
            return
        keys = merge_keys.keys_or_none(self.kind, name, wanted, found)
        if keys is None:
            if len(wanted) != len(found):
                yield path
                return
            for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
                yield from self.differences(one, other, f"{path}/{index}")
            return
        others = {merge_keys.identity(item, keys): item for item in found}
        for item in wanted:
            identity = merge_keys.identity(item, keys)
            here = f"{path}[{','.join(identity)}]"
            if identity in others:
                yield from self.differences(item, others[identity], here)
            else:
                yield here

    def _is_among(self, wanted: Any, found: list[Any]) -> bool:
        return any(next(self.differences(wanted, one), None) is None for one in found)


def is_same(one: Any, other: Any) -> bool:
    """Equality of JSON scalars: `1` is `1.0`, but `true` is not `1` and `"1"` is not `1`."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other
    return type(one) is type(other) and bool(one == other)


def escaped(name: str) -> str:
    """A field's name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
