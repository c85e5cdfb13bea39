"""Kubernetes' strategic merge patches: merge patches that know the merge keys of lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokaseca.dock.patching import go_text, list_types
from dokaseca.dock.patching.list_types import ListTypes
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

DIRECTIVE = "$patch"
DELETE_PRIMITIVES = "$deleteFromPrimitiveList/"
ELEMENT_ORDER = "$setElementOrder/"
RETAIN_KEYS = "$retainKeys"


def apply(document: Manifest, patch: Any, gvk: GroupVersionKind) -> Manifest:
    """`document` with `patch` merged in, lists by their merge keys. Neither is changed.

    Raises:
        UserError: reason UnsupportedMediaType: `gvk` is not a built-in kind (custom resources have no merge keys);
            reason BadRequest: an unknown directive; reason NoMergeKey: a list item without its merge key;
            reason WrongOrder: items in another order than the patch asks for.
    """
    try:
        types = list_types.for_builtin(gvk)
    except NotFoundError as error:
        raise UserError(
            f"strategic merge patch is not supported for {gvk.kind}; use a merge patch or server-side apply",
            reason="UnsupportedMediaType",
        ) from error
    if not isinstance(patch, dict):
        raise UserError("a strategic merge patch must be a JSON object; send {...}", reason="BadRequest")
    return _merge_map(document, patch, types)


def _merge_map(original: Mapping[str, Any], patch: Mapping[str, Any], types: ListTypes) -> dict[str, Any]:
    match patch.get(DIRECTIVE):
        case None | "merge":
            pass
        case "replace":
            return {name: value for name, value in patch.items() if name != DIRECTIVE}
        case "delete":
            return {}
        case _:
            raise _bad(f"unknown value of {DIRECTIVE}; use merge, replace or delete")
    merged = _retained(original, patch)
    orders = {
        name.removeprefix(ELEMENT_ORDER): value for name, value in patch.items() if name.startswith(ELEMENT_ORDER)
    }
    for name, value in patch.items():
        if name.startswith(DELETE_PRIMITIVES):
            field = name.removeprefix(DELETE_PRIMITIVES)
            if isinstance(merged.get(field), list):
                merged[field] = [item for item in merged[field] if item not in _list(value, name)]
    for name, value in patch.items():
        if name.startswith("$"):
            continue
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge_value(merged.get(name), value, types.child(name), orders.get(name))
    for name, order in orders.items():
        if name not in patch and isinstance(merged.get(name), list):
            key = types.child(name).merge_key
            merged[name] = _ordered(merged[name], _list(order, name), merged[name], key)
    return merged


def _retained(original: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`original` with only the fields that the patch's `$retainKeys` names, all of them without such a list."""
    if RETAIN_KEYS not in patch:
        return dict(original)
    keys = _list(patch[RETAIN_KEYS], RETAIN_KEYS)
    if any(value is not None and not name.startswith("$") and name not in keys for name, value in patch.items()):
        raise _bad(f"{RETAIN_KEYS} must name every field that the patch sets")
    return {name: value for name, value in original.items() if name in keys}


def _merge_value(original: Any, patch: Any, types: ListTypes, order: Any) -> Any:
    if isinstance(patch, dict) and isinstance(original, dict):
        return _merge_map(original, patch, types) if "replace" not in types.strategies else _plain(patch)
    if isinstance(patch, list) and isinstance(original, list):
        if "merge" in types.strategies:
            return _merge_list(original, patch, types, order)
        return _plain(_undirected(patch))
    return _plain(_undirected(patch) if isinstance(patch, list) else patch)


def _merge_list(original: list[Any], patch: list[Any], types: ListTypes, order: Any) -> list[Any]:
    if not types.merge_key:
        if any(isinstance(item, dict | list) for item in patch):
            raise _bad("a list of plain values cannot hold objects")
        _check_order(patch, order, "")
        merged = [*original, *(item for item in dict.fromkeys(patch) if item not in original)]
        return _ordered(merged, patch if order is None else _list(order, ELEMENT_ORDER), original, "")
    key = types.merge_key
    plain, deleted, is_replaced = _directives(patch, key)
    if is_replaced:
        return plain
    _check_order(plain, order, key)
    kept = [item for item in original if not (isinstance(item, dict) and item.get(key) in deleted)]
    merged = list(kept)
    for item in plain:
        place = next((index for index, one in enumerate(merged) if _key_of(one, key) == item[key]), None)
        if place is None:
            merged.append(_plain(item))
        else:
            merged[place] = _merge_map(merged[place], item, types.items)
    if order is None:
        return _ordered(merged, plain, kept, key)
    # The server's list is one array: what is appended where something was deleted counts as having stood there.
    return _ordered(merged, _list(order, ELEMENT_ORDER), merged[: len(original)], key)


def _check_order(patch: list[Any], order: Any, key: str) -> None:
    """What a patch sets must stand in the order that it asks for, and be named there."""
    if order is None:
        return
    wanted = iter([_key_of(item, key) for item in _list(order, ELEMENT_ORDER)])
    if not all(_key_of(item, key) in wanted for item in patch):  # consumes `wanted`: a subsequence of it
        shown = f"{go_text.show(patch)}\n doesn't match {ELEMENT_ORDER.rstrip('/')} list:\n{go_text.show(order)}\n"
        raise UserError(f"The order in patch list:\n{shown}", reason="WrongOrder")


def _directives(patch: list[Any], key: str) -> tuple[list[dict[str, Any]], list[Any], bool]:
    """The items to merge, the keys to delete, and whether the patch's items replace the whole list."""
    plain: list[dict[str, Any]] = []
    deleted: list[Any] = []
    is_replaced = False
    for item in patch:
        if not isinstance(item, dict):
            raise _bad("an item of a keyed list is not an object")
        directive = item.get(DIRECTIVE)
        if directive == "replace":
            is_replaced = True
            continue
        if directive not in (None, "delete"):
            raise _bad(f"{DIRECTIVE} in a list item must be delete or replace")
        if key not in item:
            message = f"map: {go_text.show(item)} does not contain declared merge key: {key}"
            raise UserError(message, reason="NoMergeKey")
        if directive == "delete":
            deleted.append(item[key])
        else:
            plain.append(item)
    return plain, deleted, is_replaced


def _ordered(merged: list[Any], wanted: list[Any], before: list[Any], key: str) -> list[Any]:
    """`merged` in the order of `wanted`; others keep their place among `before` as far as possible."""
    rank = _ranks(wanted, key)
    known = _ranks(before, key)
    asked = sorted((item for item in merged if _key_of(item, key) in rank), key=lambda item: rank[_key_of(item, key)])
    others = [item for item in merged if _key_of(item, key) not in rank]
    others.sort(key=lambda item: known.get(_key_of(item, key), len(known)))
    result: list[Any] = []
    position = 0
    for item in asked:
        place = known.get(_key_of(item, key))
        while place is not None and position < len(others) and known.get(_key_of(others[position], key), place) < place:
            result.append(others[position])
            position += 1
        result.append(item)
    return result + others[position:]


def _ranks(items: list[Any], key: str) -> dict[Any, int]:
    ranks: dict[Any, int] = {}
    for position, item in enumerate(items):
        ranks.setdefault(_key_of(item, key), position)
    return ranks


def _key_of(item: Any, key: str) -> Any:
    """What tells a list item apart; items that are not what the list holds share one rank."""
    value = (item.get(key) if isinstance(item, dict) else None) if key else item
    return value if isinstance(value, str | int | float | bool) else None


def _undirected(patch: list[Any]) -> list[Any]:
    """A list that is taken as it is, without items that are only directives."""
    return [item for item in patch if not (isinstance(item, dict) and item.get(DIRECTIVE) in ("delete", "replace"))]


def _plain(value: Any) -> Any:
    """A value that is new in the document: without directives, and without the nulls of maps."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one is not None and not name.startswith("$")}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _bad(f"{name} must be a list")
    return value


def _bad(why: str) -> UserError:
    return UserError(f"{why}; correct the strategic merge patch", reason="BadRequest")
