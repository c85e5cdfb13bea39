"""One ValidatingAdmissionPolicy, compiled: conditions, variables, validations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.cel.program import Budget, CompileError, CostError, EvaluationError, Program, Values
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

NAMES: Final = ("object", "oldObject", "request", "params", "namespaceObject")
POLICY_UNITS: Final = 200_000_000  # of one policy and one request: about a fifth of a second at the very most
_MESSAGE_BYTES: Final = 5 * 1024
_PREFIX: Final = "variables."  # variables are names with a dot: what an expression reads shows without running it


@dataclass(frozen=True, slots=True)
class Validation:
    """One expression of a policy, with what it says when it is false."""

    program: Program
    explain: Program | None
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class Programs:
    """Everything in a policy that is evaluated; variables in their order, each knowing those before it."""

    conditions: tuple[tuple[str, Program], ...]
    variables: dict[str, Program]
    validations: tuple[Validation, ...]


def compile_spec(spec: dict[str, Any]) -> Programs:
    """The programs of a policy's spec.

    Raises:
        CompileError: one does not compile.
    """
    known: dict[str, str] = dict.fromkeys(NAMES, "DYN")
    conditions = tuple((one["name"], Program(one["expression"], NAMES)) for one in spec.get("matchConditions") or ())
    variables = {}
    for one in spec.get("variables") or ():
        program = Program(one["expression"], dict(known))
        variables[_PREFIX + one["name"]] = program
        known[_PREFIX + one["name"]] = program.result if program.result in ("TIMESTAMP", "DURATION") else "DYN"
    validations = tuple(_validation(one, known) for one in spec.get("validations") or ())
    return Programs(conditions, variables, validations)


def _validation(declared: dict[str, Any], known: dict[str, str]) -> Validation:
    explain = declared.get("messageExpression") or ""
    return Validation(
        Program(declared["expression"], known),
        Program(explain, known) if explain else None,
        (declared.get("message") or "").strip(),
        declared.get("reason") or "Invalid",
    )


class Policy:
    """A policy as requests meet it.

    Args:
        manifest: the ValidatingAdmissionPolicy.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.name = manifests.name(manifest)
        self.spec: dict[str, Any] = manifest.get("spec") or {}

    @property
    def is_forgiving(self) -> bool:
        """Whether what cannot be evaluated lets the request pass."""
        return bool(self.spec.get("failurePolicy") == "Ignore")

    @cached_property
    def _programs(self) -> Programs | CompileError:
        try:
            return compile_spec(self.spec)
        except CompileError as error:
            return error

    def failures(
        self, request: Request, params: Manifest | None, namespace: Manifest | None
    ) -> Iterator[tuple[str, str]]:
        """What the policy holds against a request: (message, reason) per validation that fails."""
        programs = self._programs
        if isinstance(programs, CompileError):
            yield from self._on_error(f"compilation error: {programs}")
            return
        run = _Run(programs, request, params, namespace)
        try:
            if not run.meets_conditions():
                return
        except _Unanswered as error:
            yield from self._on_error(str(error))
            return
        for validation in programs.validations:
            try:
                if run.answer(validation.program) is True:
                    continue
            except _Unanswered as error:
                yield from self._on_error(str(error))
                continue
            yield run.message(validation), validation.reason

    def _on_error(self, message: str) -> Iterator[tuple[str, str]]:
        if not self.is_forgiving:
            yield message, "Invalid"


class _Unanswered(Exception):
    """An expression that has no answer."""


class _Run:
    """The evaluation of one policy for one request; variables are evaluated when something first reads them."""

    def __init__(
        self, programs: Programs, request: Request, params: Manifest | None, namespace: Manifest | None
    ) -> None:
        self._programs = programs
        self._budget = Budget(POLICY_UNITS)
        self._plain: dict[str, Any] = {
            "object": request.manifest,
            "oldObject": request.old,
            "request": request.document,
            "params": params,
            "namespaceObject": namespace,
        }
        self._base = Values(self._plain)
        self._broken: dict[str, str] = {}

    def meets_conditions(self) -> bool:
        """Whether every match condition holds; one that is false excuses another that has no answer."""
        problem: _Unanswered | None = None
        for _, program in self._programs.conditions:
            try:
                if self.answer(program) is not True:
                    return False
            except _Unanswered as error:
                problem = problem or error
        if problem is not None:
            raise problem
        return True

    def answer(self, program: Program) -> Any:
        """The answer of an expression.

        Raises:
            _Unanswered: there is none.
        """
        try:
            return program.evaluate(self._values(program), self._budget)
        except (EvaluationError, CostError) as error:
            said = str(error)
            for name, why in self._broken.items():
                if f'"{name}"' in said:
                    said = f'composited variable "{name.removeprefix(_PREFIX)}" fails to evaluate: {why}'
            raise _Unanswered(f"expression '{program.expression}' resulted in error: {said}") from error

    def _values(self, program: Program) -> Values:
        """The values that an expression reads: for most, what the request gives is all."""
        wanted = [name for name in program.names if name.startswith(_PREFIX)]
        if not wanted:
            return self._base
        for name in wanted:
            self._evaluate(name)
        return self._base.with_more({name: self._plain[name] for name in wanted if name in self._plain})

    def _evaluate(self, name: str) -> None:
        if name in self._plain or name in self._broken:
            return
        program = self._programs.variables[name]
        try:
            self._plain[name] = program.evaluate(self._values(program), self._budget)
        except (EvaluationError, CostError) as error:
            self._broken[name] = str(error)

    def message(self, validation: Validation) -> str:
        """What a validation that fails says."""
        if validation.explain is not None:
            try:
                found = self.answer(validation.explain)
            except _Unanswered:
                found = ""
            text = found.strip() if isinstance(found, str) else ""
            if text and len(text) <= _MESSAGE_BYTES and "\n" not in text:
                return text
        return validation.message or f"failed expression: {validation.program.expression.strip()}"
