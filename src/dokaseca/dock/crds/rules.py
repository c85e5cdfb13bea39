"""`x-kubernetes-validations`: the rules of a schema, compiled once per version of a definition, and their verdict.

Follows apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go, ratcheting included: an object that is changed
elsewhere may keep what broke a rule before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.cel.program import Budget, CostError, EvaluationError, Program, Values
from dokaseca.dock.crds import views

OBJECT_UNITS: Final = 200_000_000  # of all rules of one object: about a fifth of a second at the very most
_MESSAGE_BYTES: Final = 5 * 1024  # of an evaluated messageExpression
_NAMES: Final = ("self", "oldSelf")
_HIDDEN: Final = ("oldValue", "hasOldValue")  # what an optional oldSelf is made of
ROOT: Final = "<nil>"  # how Kubernetes prints the path of the object itself


class Missing:
    """There is no old value to compare with."""


MISSING: Final = Missing()


@dataclass(slots=True)
class Rule:
    """One rule.

    Attributes:
        suffix: the field that its errors name, below the one it stands at.
    """

    program: Program
    text: str
    message: str
    explain: Program | None
    reason: str
    suffix: str
    is_optional: bool

    @property
    def uses_old(self) -> bool:
        return "oldSelf" in self.program.names

    @property
    def shown(self) -> str:
        """How messages name it."""
        return self.message.strip() or self.text.strip()


@dataclass(slots=True)
class Node:
    """The rules at one place of a schema and below it; places without any have no node."""

    schema: dict[str, Any]
    has_view: bool
    rules: tuple[Rule, ...]
    properties: dict[str, Node] = field(default_factory=dict)
    items: Node | None = None
    additional: Node | None = None
    list_keys: tuple[str, ...] = ()
    is_granular: bool = True


def compile_rule(declared: dict[str, Any], suffix: str = "") -> Rule:
    """The program of one rule.

    Raises:
        CompileError: the rule or its messageExpression does not compile.
    """
    text = declared.get("rule") or ""
    is_optional = bool(declared.get("optionalOldSelf"))
    names = (*_NAMES, *_HIDDEN) if is_optional else _NAMES
    message = declared.get("messageExpression") or ""
    explain = Program(message, names, wrapped=_wrapped(message) if is_optional else "") if message.strip() else None
    return Rule(
        program=Program(text, names, wrapped=_wrapped(text) if is_optional else ""),
        text=text,
        message=declared.get("message") or "",
        explain=explain,
        reason=declared.get("reason") or "FieldValueInvalid",
        suffix=suffix,
        is_optional=is_optional,
    )


def _wrapped(text: str) -> str:
    """`oldSelf` as an optional value: the runtime takes none from outside, so it is made inside."""
    return f"cel.bind(oldSelf, hasOldValue ? optional.of(oldValue) : optional.none(),\n{text}\n)"


def compile_schema(schema: dict[str, Any], *, is_root: bool = True) -> Node | None:
    """All rules of a structural schema, None where it has none.

    Raises:
        CompileError: a rule does not compile (a definition with such a rule is refused when it is written).
    """
    declared = list(schema.get("x-kubernetes-validations") or ())
    for part in schema.get("allOf") or ():
        declared += part.get("x-kubernetes-validations") or ()
    rules = tuple(compile_rule(one, suffix_of(one.get("fieldPath") or "")) for one in declared)
    properties = {}
    for name, below in (schema.get("properties") or {}).items():
        found = compile_schema(below, is_root=False)
        if found is not None:
            properties[name] = found
    items, additional = schema.get("items"), schema.get("additionalProperties")
    of_items = compile_schema(items, is_root=False) if isinstance(items, dict) else None
    of_others = compile_schema(additional, is_root=False) if isinstance(additional, dict) else None
    if not (rules or properties or of_items or of_others):
        return None
    whole = views.with_meta(schema) if is_root or schema.get("x-kubernetes-embedded-resource") else schema
    is_keyed = schema.get("x-kubernetes-list-type") == "map"
    return Node(
        schema=whole,
        has_view=bool(rules) and views.needs_view(whole),
        rules=rules,
        properties=properties,
        items=of_items,
        additional=of_others,
        list_keys=tuple(schema.get("x-kubernetes-list-map-keys") or ()) if is_keyed else (),
        is_granular=schema.get("x-kubernetes-map-type") != "atomic",
    )


def suffix_of(field_path: str) -> str:
    """A rule's `fieldPath` (`.spec.replicas`, `['x']`) as an error path appends it."""
    return field_path.replace("['", "[").replace("']", "]").removeprefix(".")


class Verdict:
    """Collects what the rules of one object find.

    Args:
        errors: where failures go.

    Attributes:
        warnings: failures of what was there before and has not changed.
    """

    def __init__(self, errors: Errors) -> None:
        self.errors = errors
        self.warnings: list[str] = []
        self._budget = Budget(OBJECT_UNITS)
        self._is_over = False

    def judge(self, node: Node, value: Any, old: Any, path: str = "", *, is_unchanged: bool = False) -> None:
        """Hold `value` to the rules of `node` and of all below it.

        Args:
            old: what stood there before, or MISSING.
            is_unchanged: whether the nearest place that has an old value is equal to it.
        """
        if value is None or self._is_over:
            return
        is_correlated = old is not MISSING
        unchanged = (value == old) if is_correlated else is_unchanged
        if node.rules:
            self._rules(node, value, old, path or ROOT, unchanged)
        if isinstance(value, list) and node.items is not None:
            before = _by_key(node, old)
            for index, item in enumerate(value):
                partner = before.get(_key(node, item), MISSING) if before else MISSING
                self.judge(node.items, item, partner, f"{path}[{index}]", is_unchanged=unchanged)
        elif isinstance(value, dict):
            self._fields(node, value, old if node.is_granular else MISSING, path, unchanged)

    def _fields(self, node: Node, value: dict[str, Any], old: Any, path: str, unchanged: bool) -> None:
        has_old = isinstance(old, dict)
        for key, item in value.items():
            below = node.properties.get(key)
            partner = old.get(key, MISSING) if has_old else MISSING
            if below is not None:
                self.judge(below, item, partner, f"{path}.{key}" if path else key, is_unchanged=unchanged)
            elif node.additional is not None and key not in (node.schema.get("properties") or {}):
                self.judge(node.additional, item, partner, f"{path}[{key}]", is_unchanged=unchanged)

    def _rules(self, node: Node, value: Any, old: Any, path: str, unchanged: bool) -> None:
        before = None if old is MISSING else old
        seen = _seen(node, value, before)
        kind = node.schema.get("type") or ""
        for rule in node.rules:
            if self._is_over or (rule.uses_old and before is None and not rule.is_optional):
                continue
            try:
                if rule.program.evaluate(seen, self._budget) is True:
                    continue
            except EvaluationError as error:
                self.errors.invalid(path, kind, _broken(error, rule))
                continue
            except CostError as error:
                self._is_over = True
                self.errors.invalid(path, kind, _expensive(error, rule))
                continue
            place = path if not rule.suffix else _joined(path, rule.suffix)
            target = Errors() if unchanged and not rule.uses_old else self.errors
            _report(target, rule.reason, place, kind, self._detail(rule, seen))
            if target is not self.errors:
                self.warnings += [f"{cause.field}: {cause.message}" for cause in target.causes]

    def _detail(self, rule: Rule, seen: Values) -> str:
        if rule.explain is not None:
            try:
                found = rule.explain.evaluate(seen, self._budget)
            except (EvaluationError, CostError):
                found = ""
            text = found.strip() if isinstance(found, str) else ""
            if text and len(text) <= _MESSAGE_BYTES and "\n" not in text:
                return text
        return rule.message.strip() or f"failed rule: {rule.shown}"


def _seen(node: Node, value: Any, before: Any) -> Values:
    if node.has_view:
        value = views.view(value, node.schema)
        before = None if before is None else views.view(before, node.schema)
    variables = {"self": value, "oldSelf": before}
    if any(rule.is_optional for rule in node.rules):
        variables |= {"oldValue": before, "hasOldValue": before is not None}
    return Values(variables)


def _by_key(node: Node, old: Any) -> dict[bytes, Any]:
    if not node.list_keys or not isinstance(old, list):
        return {}
    return {_key(node, item): item for item in old}


def _key(node: Node, item: Any) -> bytes:
    of = item if isinstance(item, dict) else {}
    return orjson.dumps([of.get(name) for name in node.list_keys])


def _joined(path: str, suffix: str) -> str:
    if path == ROOT:
        return suffix
    return f"{path}{suffix}" if suffix.startswith("[") else f"{path}.{suffix}"


def _broken(error: EvaluationError, rule: Rule) -> str:
    if str(error).startswith("no such overload"):
        what = "call arguments did not match a supported operator, function or macro signature for rule"
        return f"'{error}': {what}: {rule.shown}"
    return f"{error} evaluating rule: {rule.shown}"


def _expensive(error: CostError, rule: Rule) -> str:
    if str(error).startswith("operation cancelled"):
        return (
            f"'{error}': no further validation rules will be run due to call cost exceeds limit for rule: {rule.shown}"
        )
    return f"{error}, no further validation rules will be run"


def _report(errors: Errors, reason: str, path: str, kind: str, detail: str) -> None:
    if reason == "FieldValueForbidden":
        errors.forbidden(path, detail)
    elif reason == "FieldValueRequired":
        errors.required(path, detail)
    elif reason == "FieldValueDuplicate":
        errors.duplicate(path, kind)
    else:
        errors.invalid(path, kind, detail)
