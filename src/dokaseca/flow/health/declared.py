"""Judges an object by a declared rule. Pure.

The rules are data: `rules/<group>.yaml`, where `_.` in place of the first labels stands for any (`_.crossplane.io.yaml`
is for `s3.aws.crossplane.io` as well). Read next: `declaration`, then any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any

from dokaseca.flow.health import conditions, declaration
from dokaseca.flow.health.declaration import Check, Path, Rule, Test
from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import GroupKind
from dokaseca.model.manifest import Manifest

LABELS = 10  # of a group's name: longer ones have no rule
GROUPS_KEPT = 256  # rule files in memory: a large cluster serves some hundred groups
ANY = "*"


def rule_or_none(kind: GroupKind) -> Rule | None:
    """The rule of one kind: that of its group, else of the nearest wildcard, in each the kind's own before `*Template`
    and that before `*`.

    Raises:
        DeclarationError: a rule file is wrong.
    """
    for file in _files(kind.group):
        rules = rules_of(file)
        found = rules.get(kind.kind) or _by_pattern_or_none(rules, kind.kind)
        if found is not None:
            return found
    return None


def _by_pattern_or_none(rules: dict[str, Rule], kind: str) -> Rule | None:
    names = [name for name in rules if ANY in name and declaration.fits((name,), kind)]
    return rules[max(names, key=len)] if names else None


def _files(group: str) -> Iterator[str]:
    labels = group.split(".")
    if len(labels) > LABELS:
        return
    yield f"{group or 'core'}.yaml"
    for number in range(1, len(labels)):
        yield f"_.{'.'.join(labels[number:])}.yaml"


@lru_cache(maxsize=GROUPS_KEPT)
def rules_of(file: str) -> dict[str, Rule]:
    """The rules of one file, none where there is no such file; read once per process."""
    path = resources.files("dokaseca.flow.health.rules") / file
    if not path.is_file():
        return {}
    return declaration.parse(yaml_in.load(path.read_bytes(), subject=file), file)


def judge(rule: Rule, live: Manifest) -> Verdict:
    """What the first check that holds says; the rule's `otherwise` where none does."""
    for check in rule.checks:
        if all(_holds(test, live) for test in check.tests):
            return Verdict(check.status, _message(check, rule, live))
    return Verdict(rule.otherwise, _told(rule, live) or _missing(rule, live))


def _holds(test: Test, live: Manifest) -> bool:
    if test.condition:
        return _condition_holds(test, live)
    if test.field:
        return _field_holds(test, live)
    return _is_behind(test, live) if test.behind else test.always


def _condition_holds(test: Test, live: Manifest) -> bool:
    lists = list(_values(live, test.lists))
    if test.exists is False:
        return all(_found_or_none(test, one) is None for one in lists)
    held = [_found_or_none(test, one) is not None for one in lists]
    return (all(held) and bool(held)) if test.every else any(held)


def _found_or_none(test: Test, found: Any) -> dict[str, Any] | None:
    """The condition that the test asks for, in one list of conditions."""
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.get("type") == test.condition and _fits(test, one):
            return one
    return None


def _fits(test: Test, condition: dict[str, Any]) -> bool:
    return (
        (not test.values or str(condition.get("status")) in test.values)
        and (not test.reasons or declaration.fits(test.reasons, str(condition.get("reason") or "")))
        and (not test.severities or str(condition.get("severity") or "") in test.severities)
    )


def _field_holds(test: Test, live: Manifest) -> bool:
    found = [value for value in _values(live, test.field) if value is not None]
    if test.exists is not None:
        return any(value not in ("", [], {}) for value in found) == test.exists
    found = found or ([test.default] if test.default is not None else [])
    if test.at_least:
        wanted = next(_values(live, test.at_least), None)
        return bool(found) and float(found[0]) >= float(1 if wanted is None else wanted)
    if test.unwanted:
        return bool(found) and not any(_same(value, one) for value in found for one in test.unwanted)
    return any(_same(value, one) for value in found for one in test.values)


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _is_behind(test: Test, live: Manifest) -> bool:
    """Where the controller does not tell what it has seen, it has seen everything."""
    if isinstance(test.behind, str):
        seen = (conditions.find_or_none(live, test.behind) or {}).get("observedGeneration")
    else:
        seen = manifests.get(live, "status", "observedGeneration")
    return seen is not None and int(seen) < int(manifests.get(live, "metadata", "generation", default=0))


def _values(value: Any, path: Path) -> Iterator[Any]:
    """What is at the path, where `*` goes into every item of a list; nothing where a step is missing."""
    if not path:
        yield value
    elif path[0] == ANY:
        for item in value if isinstance(value, list) else ():
            yield from _values(item, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _values(value[path[0]], path[1:])


def _message(check: Check, rule: Rule, live: Manifest) -> str:
    """What the check says, else the condition that it found, else the object's own message; of good news only these."""
    if check.say:
        return check.say
    for test in check.tests:
        for found in _values(live, test.lists) if test.condition else ():
            said = conditions.message(_found_or_none(test, found))
            if said:
                return said
    return _told(rule, live) or ("" if check.status is Health.HEALTHY else _reason(check, live))


def _reason(check: Check, live: Manifest) -> str:
    for test in check.tests:
        if test.field:
            value = next(_values(live, test.field), None)
            return f"{'.'.join(test.field)} is {value if isinstance(value, (str, int)) else 'not as it should be'}"
        if test.condition:
            found = next(filter(None, (_found_or_none(test, one) for one in _values(live, test.lists))), {})
            return f"condition {test.condition} is {found.get('status', 'missing')}" + (
                f" ({found['reason']})" if found.get("reason") else ""
            )
    return ""


def _told(rule: Rule, live: Manifest) -> str:
    """The object's own words, from the first of the rule's paths that has any."""
    for path in rule.messages:
        for value in _values(live, path):
            if isinstance(value, str) and value:
                return value
    return ""


def _missing(rule: Rule, live: Manifest) -> str:
    """What would have made it healthy."""
    healthy = next(check for check in rule.checks if check.status is Health.HEALTHY)
    for test in healthy.tests:
        if test.condition:
            bare = Test(condition=test.condition)
            found = next(filter(None, (_found_or_none(bare, one) for one in _values(live, test.lists))), None)
            return conditions.message(found) or f"waiting for condition {test.condition}"
        if test.field:
            value = next(_values(live, test.field), None)
            return f"{'.'.join(test.field)} is {value if isinstance(value, (str, int)) else 'not set yet'}"
    return ""
