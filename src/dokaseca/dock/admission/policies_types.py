"""What is known of the types that a policy's expressions read: of `request` always, of objects by what is matched.

Follows k8s.io/apiserver/pkg/admission/plugin/policy/validating/typechecking.go: what it finds warns, and
never refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from dokaseca.dock.admission.policies_program import Common
from dokaseca.dock.cel.program import CompileError, Program
from dokaseca.dock.cel.typecheck import Checker, Schema
from dokaseca.dock.data import tables
from dokaseca.dock.resources import Registry, ResourceType
from dokaseca.model import manifest as manifests

SchemaOf = Callable[[ResourceType], Schema | None]

_TYPES: Final = 10  # that are checked per rule
_REFERENCE: Final = "#/components/schemas/"
_TEXT: Final[Schema] = {"type": "string"}
_TEXTS: Final[Schema] = {"type": "array", "items": _TEXT}


def _object(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields}


def _map(of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of}


_KIND: Final = _object(group=_TEXT, version=_TEXT, kind=_TEXT)
_RESOURCE: Final = _object(group=_TEXT, version=_TEXT, resource=_TEXT)
REQUEST: Final = _object(
    kind=_KIND,
    resource=_RESOURCE,
    subResource=_TEXT,
    requestKind=_KIND,
    requestResource=_RESOURCE,
    requestSubResource=_TEXT,
    name=_TEXT,
    namespace=_TEXT,
    operation=_TEXT,
    userInfo=_object(username=_TEXT, uid=_TEXT, groups=_TEXTS, extra=_map(_TEXTS)),
    dryRun={"type": "boolean"},
    options={},
)
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
NAMESPACE: Final = _object(
    metadata=_object(
        name=_TEXT,
        generateName=_TEXT,
        namespace=_TEXT,
        labels=_map(_TEXT),
        annotations=_map(_TEXT),
        UID=_TEXT,
        uid=_TEXT,
        resourceVersion=_TEXT,
        creationTimestamp=_TIME,
        deletionTimestamp=_TIME,
        deletionGracePeriodSeconds={"type": "integer"},
        generation={"type": "integer"},
        selfLink=_TEXT,
        finalizers=_TEXTS,
    ),
    spec=_object(finalizers=_TEXTS),
    status=_object(phase=_TEXT),
)
ALWAYS: Final = {"request": REQUEST, "namespaceObject": NAMESPACE}


def resolve(reference: str) -> Schema | None:
    """The schema of a component of the server's, None for one that may be anything."""
    found = tables.schemas().get(reference.removeprefix(_REFERENCE))
    return found if found and ("properties" in found or "additionalProperties" in found or found.get("type")) else None


def always() -> Checker:
    """Checks what is known whatever a policy matches."""
    return Checker(dict(ALWAYS), resolve)


def warnings(spec: dict[str, Any], registry: Registry, schema_of: SchemaOf) -> list[dict[str, str]]:
    """`status.typeChecking.expressionWarnings` of a ValidatingAdmissionPolicy."""
    kinds = [(of, schema) for of in _matched(spec, registry) if (schema := schema_of(of)) is not None]
    params = registry.of_kind_or_none(manifests.gvk(spec["paramKind"])) if spec.get("paramKind") else None
    known = {"params": schema} if params is not None and (schema := schema_of(params)) is not None else {}
    try:
        common = Common(spec)
    except CompileError:
        return []
    checkers = [(of, _checker(schema, known, common)) for of, schema in kinds]
    found = []
    for index, validation in enumerate(spec.get("validations") or ()):
        for name in ("expression", "messageExpression"):
            lines = _lines(validation.get(name) or "", checkers, common)
            if lines:
                found.append({"fieldRef": f"spec.validations[{index}].{name}", "warning": "\n".join(lines)})
    return found


def _checker(schema: Schema, known: dict[str, Schema], common: Common) -> Checker:
    """Knows the schema of one kind's objects, and through it what the policy's variables are."""
    checker = Checker({**ALWAYS, **known, "object": schema, "oldObject": schema}, resolve)
    for name, variable in common.variables.items():
        found = checker.type_of(variable.tree)
        if found is not None:
            checker.known[name] = found
    return checker


def _lines(text: str, checkers: list[tuple[ResourceType, Checker]], common: Common) -> list[str]:
    """What is wrong with an expression, for each kind that it is wrong for."""
    try:
        program = Program(text, common.known) if text.strip() else None
    except CompileError:
        program = None
    if program is None:
        return []
    found = [(of, checker.problems(text, program.tree)) for of, checker in checkers]
    return [f"{of.api_version}, Kind={of.kind}: {problems}\n" for of, problems in found if problems]


def _matched(spec: dict[str, Any], registry: Registry) -> list[ResourceType]:
    """The kinds that the rules name, without wildcards, sorted by group, version and kind."""
    found: dict[tuple[str, str, str], ResourceType] = {}
    for rule in manifests.get(spec, "matchConstraints", "resourceRules", default=[]):
        for count, of in enumerate(_named(rule, registry), 1):
            found[of.group, of.version, of.kind] = of
            if count == _TYPES:
                return [found[key] for key in sorted(found)]
    return [found[key] for key in sorted(found)]


def _named(rule: dict[str, Any], registry: Registry) -> Iterator[ResourceType]:
    groups, versions = rule.get("apiGroups") or [], rule.get("apiVersions") or []
    if any("*" in one for one in (*groups, *versions)):
        return
    plurals = sorted(one for one in rule.get("resources") or () if "*" not in one and "/" not in one)
    for group in sorted(groups):
        for version in sorted(versions):
            for plural in plurals:
                of = registry.at_path_or_none(f"{group}/{version}/{plural}" if group else f"{version}/{plural}")
                if of is not None:
                    yield of
