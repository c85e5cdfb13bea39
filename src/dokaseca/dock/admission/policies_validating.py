"""One ValidatingAdmissionPolicy, compiled: what it holds against a request, and what it tells the audit log.

Follows k8s.io/apiserver/pkg/admission/plugin/policy/validating/validator.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from dokaseca.dock.admission.policies_program import Common, Policy, Run, Unanswered, names
from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.cel.program import CompileError, Program
from dokaseca.model.manifest import Manifest

_MESSAGE_BYTES: Final = 5 * 1024
_ANNOTATION_BYTES: Final = 10 * 1024


@dataclass(frozen=True, slots=True)
class Validation:
    """One expression of a policy, with what it says when it is false."""

    program: Program
    explain: Program | None
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class Programs:
    """Everything in a policy that is evaluated; `annotations` are (key, value)."""

    common: Common
    validations: tuple[Validation, ...]
    annotations: tuple[tuple[str, Program], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A validation that fails; `index` is its place among the policy's validations."""

    message: str
    reason: str = "Invalid"
    index: int = 0


@dataclass(slots=True)
class Findings:
    """What a policy finds.

    Attributes:
        failures: what the binding's actions are about.
        errors: what denies whatever the binding's actions are: audit annotations that have no value.
        annotations: of the audit log.
    """

    failures: list[Failure] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)


def compile_spec(spec: dict[str, Any]) -> Programs:
    """The programs of a policy's spec.

    Raises:
        CompileError: one does not compile.
    """
    common = Common(spec)
    quiet = {name: kind for name, kind in common.known.items() if name not in names(spec)}
    quiet |= names(spec, has_authorizer=False)  # what a messageExpression may read
    return Programs(
        common,
        tuple(_validation(one, common.known, quiet) for one in spec.get("validations") or ()),
        tuple(
            (one["key"], Program(one["valueExpression"], common.known)) for one in spec.get("auditAnnotations") or ()
        ),
    )


def _validation(declared: dict[str, Any], known: dict[str, str], quiet: dict[str, str]) -> Validation:
    explain = declared.get("messageExpression") or ""
    return Validation(
        Program(declared["expression"], known),
        Program(explain, quiet) if explain else None,
        (declared.get("message") or "").strip(),
        declared.get("reason") or "Invalid",
    )


class ValidatingPolicy(Policy):
    """A policy as requests meet it."""

    @cached_property
    def _programs(self) -> Programs | CompileError:
        try:
            return compile_spec(self.spec)
        except CompileError as error:
            return error

    def findings(self, request: Request, params: Manifest | None, namespace: Manifest | None) -> Findings:
        """What the policy holds against a request."""
        found = Findings()
        programs = self._programs
        if isinstance(programs, CompileError):
            found.failures += self._on_error(f"compilation error: {programs}")
            return found
        run = Run(programs.common, request, params, namespace)
        try:
            if not run.meets_conditions():
                return found
        except Unanswered as error:
            found.failures += self._on_error(str(error))
            return found
        for index, validation in enumerate(programs.validations):
            found.failures += self._judged(run, validation, index)
        for key, program in programs.annotations:
            self._annotate(run, key, program, found)
        return found

    def _judged(self, run: Run, validation: Validation, index: int) -> Iterator[Failure]:
        try:
            is_met = run.answer(validation.program) is True
        except Unanswered as error:
            yield from self._on_error(str(error), index)
            return
        if not is_met:
            yield Failure(_message(run, validation), validation.reason, index)

    def _on_error(self, message: str, index: int = 0) -> Iterator[Failure]:
        if not self.is_forgiving:
            yield Failure(message, index=index)

    def _annotate(self, run: Run, key: str, program: Program, found: Findings) -> None:
        try:
            value = run.answer(program)
            if value is not None and not isinstance(value, str):
                what = "resulted in unsupported return type. Return type must be either string or null."
                raise Unanswered(f"valueExpression '{program.expression}' {what}")
        except Unanswered as error:
            if not self.is_forgiving:
                found.errors.append(str(error))
            return
        text = (value or "").strip()
        if text:
            found.annotations[key] = text[:_ANNOTATION_BYTES]


def _message(run: Run, validation: Validation) -> str:
    """What a validation that fails says."""
    if validation.explain is not None:
        try:
            found = run.answer(validation.explain)
        except Unanswered:
            found = ""
        text = found.strip() if isinstance(found, str) else ""
        if text and len(text) <= _MESSAGE_BYTES and "\n" not in text:
            return text
    return validation.message or f"failed expression: {validation.program.expression.strip()}"
