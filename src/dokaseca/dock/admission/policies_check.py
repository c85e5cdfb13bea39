"""Rules of admission policies of both kinds, and of their bindings (pkg/apis/admissionregistration/validation)."""

from __future__ import annotations

import re
from typing import Any, Final

from dokaseca.dock.admission import policies_match_check, policies_program, policies_types
from dokaseca.dock.admission.fields import NAME, Errors
from dokaseca.dock.cel.program import CompileError, Program
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_REASONS: Final = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")
_ACTIONS: Final = ("Audit", "Deny", "Warn")
_CONDITIONS: Final = 64
_ANNOTATIONS: Final = 20
_ANNOTATION_BYTES: Final = 5 * 1024  # of a valueExpression
NULLABLE: Final = "STRING or NULL"
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED: Final = frozenset(
    {"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
     "let", "loop", "package", "namespace", "return", "var", "void", "while"}
)  # fmt: skip
_NAME_PART: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED: Final = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"  # noqa: E501 - the server's sentence


def check_policy(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Report what is wrong with a ValidatingAdmissionPolicy."""
    spec = manifest.get("spec") or {}
    if old is not None and spec == old.get("spec"):
        return
    known = check_common(spec, errors)
    _check_validations(manifest, spec, known, errors)


def check_common(spec: dict[str, Any], errors: Errors) -> dict[str, str]:
    """Report what is wrong with what both kinds of policies have.

    Returns:
        Names, with types, that further expressions may read.
    """
    if spec.get("failurePolicy") not in ("Fail", "Ignore"):
        errors.unsupported("spec.failurePolicy", spec.get("failurePolicy"), ("Fail", "Ignore"))
    if spec.get("paramKind") is not None:
        for field in ("apiVersion", "kind"):
            if not spec["paramKind"].get(field):
                errors.required(f"spec.paramKind.{field}")
    constraints = spec.get("matchConstraints")
    if constraints is None:
        errors.required("spec.matchConstraints")
    else:
        policies_match_check.check(constraints, "spec.matchConstraints", errors)
        if not constraints.get("resourceRules"):
            errors.required("spec.matchConstraints.resourceRules")
    _check_conditions(spec, errors)
    return _check_variables(spec, errors)


def _check_conditions(spec: dict[str, Any], errors: Errors) -> None:
    seen, conditions = set(), spec.get("matchConditions") or []
    if len(conditions) > _CONDITIONS:
        errors.too_many("spec.matchConditions", len(conditions), _CONDITIONS)
    for index, condition in enumerate(conditions):
        path, text = f"spec.matchConditions[{index}]", (condition.get("expression") or "").strip()
        if not text:
            errors.required(f"{path}.expression")
        else:
            compiled(text, policies_program.names(spec), f"{path}.expression", "BOOL", errors)
        name = condition.get("name") or ""
        if not name:
            errors.required(f"{path}.name")
            continue
        _check_qualified(name, f"{path}.name", errors)
        if name in seen:
            errors.duplicate(f"{path}.name", name)
        seen.add(name)


def _check_qualified(name: str, path: str, errors: Errors) -> None:
    """A qualified name: a name, perhaps with a subdomain and a slash before it."""
    prefix, slash, part = name.rpartition("/")
    if "/" in prefix:
        detail = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        errors.invalid(path, name, f"a qualified name {_QUALIFIED} {detail}")
        return
    if slash and not prefix:
        errors.invalid(path, name, "prefix part must be non-empty")
    elif slash and not _SUBDOMAIN.fullmatch(prefix):
        errors.invalid(path, name, f"prefix part {NAME}")
    if not part:
        errors.invalid(path, name, "name part must be non-empty")
    elif len(part) > 63:
        errors.invalid(path, name, "name part must be no more than 63 characters")
    if not _NAME_PART.fullmatch(part):
        errors.invalid(path, name, f"name part {_QUALIFIED}")


def _check_variables(spec: dict[str, Any], errors: Errors) -> dict[str, str]:
    """Names and types that further expressions may read, as far as they are right."""
    known = policies_program.names(spec)
    for index, variable in enumerate(spec.get("variables") or ()):
        path, name = f"spec.variables[{index}]", variable.get("name") or ""
        if not name.strip():
            errors.required(f"{path}.name", "name is not specified")
        elif not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            errors.invalid(f"{path}.name", name, "name is not a valid CEL identifier")
        elif f"variables.{name}" in known:
            errors.duplicate(f"{path}.name", name)
        program = compiled(variable.get("expression"), known, f"{path}.expression", "", errors)
        known[f"variables.{name}"] = policies_program.declared(program) if program is not None else "DYN"
    return known


def _check_validations(manifest: Manifest, spec: dict[str, Any], known: dict[str, str], errors: Errors) -> None:
    validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not annotations:
        detail = "validations or auditAnnotations must contain at least one item"
        errors.required("spec.validations", detail)
        errors.required("spec.auditAnnotations", detail)
    quiet = {name: kind for name, kind in known.items() if not name.startswith(policies_program.AUTHORIZER)}
    for index, validation in enumerate(validations):
        _check_validation(validation, f"spec.validations[{index}]", known, quiet, errors)
    if len(annotations) > _ANNOTATIONS:
        errors.invalid("spec.auditAnnotations", annotations, f"must not have more than {_ANNOTATIONS} auditAnnotations")
    seen = set()
    for index, annotation in enumerate(annotations):
        path, key = f"spec.auditAnnotations[{index}]", annotation.get("key") or ""
        _check_qualified(f"{manifests.name(manifest)}/{key}", f"{path}.key", errors)
        if key in seen:
            errors.duplicate(f"{path}.key", key)
        seen.add(key)
        text = annotation.get("valueExpression") or ""
        if len(text.strip()) > _ANNOTATION_BYTES:
            errors.required(f"{path}.valueExpression", f"must not exceed {_ANNOTATION_BYTES} bytes in length")
        else:
            compiled(text, known, f"{path}.valueExpression", NULLABLE, errors)


def _check_validation(
    validation: dict[str, Any], path: str, known: dict[str, str], quiet: dict[str, str], errors: Errors
) -> None:
    expression, message = validation.get("expression") or "", validation.get("message") or ""
    explain = validation.get("messageExpression") or ""
    compiled(expression, known, f"{path}.expression", "BOOL", errors)
    if explain.strip():
        compiled(explain, quiet, f"{path}.messageExpression", "STRING", errors)
    elif explain:
        errors.invalid(f"{path}.messageExpression", explain, "must be non-empty if specified")
    if message and not message.strip():
        errors.invalid(f"{path}.message", message, "message must be non-empty if specified")
    elif "\n" in message.strip():
        errors.invalid(f"{path}.message", message, "message must not contain line breaks")
    if validation.get("reason") and validation["reason"] not in _REASONS:
        errors.unsupported(f"{path}.reason", validation["reason"], _REASONS)


def compiled(text: str | None, known: dict[str, str], path: str, wanted: str, errors: Errors) -> Program | None:
    """An expression's program; what is wrong with it, or with the type of its answer, is reported.

    Args:
        wanted: BOOL, STRING, NULLABLE for a text or null, or empty for anything.
    """
    if not (text or "").strip():
        errors.required(path, f"{path.rpartition('.')[2]} is not specified")
        return None
    assert text is not None
    program = program_of(text, known, path, errors)
    if program is None or not wanted or program.result in (wanted, "DYN"):
        return program
    got = shown_type(program.result)
    if wanted == NULLABLE and program.result not in ("STRING", "NULL"):
        errors.invalid(path, text, f"must evaluate to one of [string null_type] but got {got}")
    elif wanted != NULLABLE:
        errors.invalid(path, text, f"must evaluate to {wanted.lower()} but got {got}")
    return program


def shown_type(result: str) -> str:
    """A type as cel-go names it."""
    text = result.lower().replace("<", "(").replace(">", ")")
    return {"null": "null_type", "optional": "optional_type(dyn)"}.get(text, text)


def program_of(
    text: str, known: dict[str, str], path: str, errors: Errors, *, has_objects: bool = False
) -> Program | None:
    """A program that compiles, and reads no field that `request` and the like do not have; else None, and reported."""
    try:
        program = Program(text, known, has_objects=has_objects, as_list=True)
    except CompileError as error:
        errors.invalid(path, text, f"compilation failed: {error}")
        return None
    problems = "" if has_objects else policies_types.always().problems(text, program.tree)
    if problems:
        errors.invalid(path, text, f"compilation failed: {problems}")
        return None
    return program


def check_binding(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Report what is wrong with a ValidatingAdmissionPolicyBinding."""
    del old
    spec = manifest.get("spec") or {}
    check_bound(spec, errors)
    actions = spec.get("validationActions") or []
    if not actions:
        errors.required("spec.validationActions", "at least one validation action is required")
    for index, action in enumerate(actions):
        if action not in _ACTIONS:
            errors.unsupported(f"spec.validationActions[{index}]", action, _ACTIONS)
        elif action in actions[:index]:
            errors.duplicate(f"spec.validationActions[{index}]", action)
    if "Deny" in actions and "Warn" in actions:
        detail = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"  # noqa: E501 - the server's sentence
        errors.invalid("spec.validationActions", actions, detail)


def check_bound(spec: dict[str, Any], errors: Errors) -> None:
    """Report what is wrong with what both kinds of bindings have."""
    name = spec.get("policyName") or ""
    if not name:
        errors.required("spec.policyName")
    elif not _SUBDOMAIN.fullmatch(name):
        errors.invalid("spec.policyName", name, NAME)
    if spec.get("paramRef") is not None:
        policies_match_check.check_reference(spec["paramRef"], errors)
    if spec.get("matchResources"):
        policies_match_check.check(spec["matchResources"], "spec.matchResources", errors)
