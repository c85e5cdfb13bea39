"""Rules of MutatingAdmissionPolicy and its binding (pkg/apis/admissionregistration/validation)."""

from __future__ import annotations

import re
from typing import Any, Final

from dokaseca.dock.admission import policies_check
from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.admission.mutating import APPLY_CONFIGURATION, FIELDS, JSON_PATCH
from dokaseca.dock.cel import construct
from dokaseca.dock.cel.program import Program
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_OPERATIONS: Final = ("CREATE", "UPDATE")  # a deletion has no object to mutate
_REINVOCATIONS: Final = ("IfNeeded", "Never")
_WANTED: Final = {APPLY_CONFIGURATION: construct.OBJECT, JSON_PATCH: f"list({construct.PATCH})"}


def check_policy(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Report what is wrong with a policy."""
    spec = manifest.get("spec") or {}
    if old is not None and spec == old.get("spec"):
        return
    known = policies_check.check_common(spec, errors)
    _check_operations(spec.get("matchConstraints") or {}, "spec.matchConstraints.resourceRules.operations", errors)
    mutations = spec.get("mutations") or []
    if not mutations:
        errors.required("spec.mutations", "mutations must contain at least one item")
    for index, mutation in enumerate(mutations):
        _check_mutation(mutation, f"spec.mutations[{index}]", known, errors)
    reinvocation = spec.get("reinvocationPolicy") or ""
    if not reinvocation:
        errors.required("spec.reinvocationPolicy")
    elif reinvocation not in _REINVOCATIONS:
        errors.unsupported("spec.reinvocationPolicy", reinvocation, _REINVOCATIONS)


def check_binding(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Report what is wrong with a binding."""
    del old
    spec = manifest.get("spec") or {}
    policies_check.check_bound(spec, errors)
    _check_operations(spec.get("matchResources") or {}, "spec.matchResources.resourceRules.operations", errors)


def _check_operations(match: dict[str, Any], path: str, errors: Errors) -> None:
    for rule in match.get("resourceRules") or ():
        for operation in rule.get("operations") or ():
            if operation not in _OPERATIONS:
                errors.unsupported(path, operation, _OPERATIONS)


def _check_mutation(mutation: dict[str, Any], path: str, known: dict[str, str], errors: Errors) -> None:
    kind = mutation.get("patchType") or ""
    if not kind:
        errors.required(f"{path}.patchType")
        return
    if kind not in FIELDS:
        errors.unsupported(f"{path}.patchType", kind, sorted(FIELDS))
        return
    for other, field in FIELDS.items():
        if other == kind and mutation.get(field) is None:
            errors.required(f"{path}.{field}", f"must be specified when patchType is {kind}")
        elif other != kind and mutation.get(field) is not None:
            errors.invalid(f"{path}.{field}", f"{{{field}}}", f"must not be specified when patchType is {kind}")
    if mutation.get(FIELDS[kind]) is not None:
        _check_expression(mutation, kind, f"{path}.{FIELDS[kind]}.expression", known, errors)


def _check_expression(mutation: dict[str, Any], kind: str, path: str, known: dict[str, str], errors: Errors) -> None:
    text = manifests.get(mutation, FIELDS[kind], "expression", default="").strip()
    if not text:
        errors.required(path)
        return
    program = policies_check.program_of(text, known, path, errors, has_objects=True)
    if program is None:
        return
    got = _patches(program) if kind == JSON_PATCH else _object(program)
    if got:
        errors.invalid(path, text, f"must evaluate to {_WANTED[kind]} but got {got}")


def _object(program: Program) -> str:
    """The type of an answer that is no Object, empty where it is one, or may be one."""
    name = construct.type_of(program.tree)
    if name:
        return "" if name == construct.OBJECT else name
    is_open = program.result == "DYN" or (program.result.startswith("MAP") and program.tree.kind != "map")
    return "" if is_open else policies_check.shown_type(program.result)


def _patches(program: Program) -> str:
    """The type of an answer that is no list of patches, empty where it is one, or may be one."""
    names = {construct.type_of(part) for part in program.tree.parts} if program.tree.kind == "list" else set()
    wrong = sorted(names - {"", construct.PATCH})
    if wrong:
        return f"list({wrong[0]})"
    if program.result == "DYN" or re.match(r"LIST<(MAP|DYN)", program.result):
        return ""
    return construct.type_of(program.tree) or policies_check.shown_type(program.result)
