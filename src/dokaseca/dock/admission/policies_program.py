"""What every policy evaluates, compiled (match conditions, variables), and how one policy's expressions are evaluated.

Follows k8s.io/apiserver/pkg/admission/plugin/{cel,webhook/matchconditions}.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.cel import construct
from dokaseca.dock.cel.functions import authorization
from dokaseca.dock.cel.program import Budget, CostError, EvaluationError, Program, Values
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

POLICY_UNITS: Final = 200_000_000  # of one policy and one request: about a fifth of a second at the very most
AUTHORIZER: Final = "authorizer"
_OWN: Final = f"{AUTHORIZER}.requestResource"
_NAMES: Final = ("object", "oldObject", "request", "namespaceObject")
PREFIX: Final = "variables."  # variables are names with a dot: what an expression reads shows without running it


def names(spec: dict[str, Any], *, has_authorizer: bool = True) -> dict[str, str]:
    """What the expressions of a policy's spec may read, with types: `params` only where it has a `paramKind`."""
    found = [*_NAMES, *([AUTHORIZER, _OWN] if has_authorizer else [])]
    if spec.get("paramKind") is not None:
        found.append("params")
    return dict.fromkeys(found, "DYN")


def declared(program: Program) -> str:
    """The type that others see a variable have."""
    return program.result if program.result in ("TIMESTAMP", "DURATION", construct.OPTIONAL) else "DYN"


class Common:
    """Conditions and variables of a policy's spec; each variable knows those before it.

    Attributes:
        known: what the expressions after the variables may read.

    Raises:
        CompileError: one does not compile.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self.known = names(spec)
        self.conditions = tuple(Program(one["expression"], self.known) for one in spec.get("matchConditions") or ())
        self.variables: dict[str, Program] = {}
        for one in spec.get("variables") or ():
            program = Program(one["expression"], dict(self.known), as_list=True)
            self.variables[PREFIX + one["name"]] = program
            self.known[PREFIX + one["name"]] = declared(program)


class Policy:
    """A policy of either kind, as its matching and its errors see it.

    Args:
        manifest: the policy.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.name = manifests.name(manifest)
        self.spec: dict[str, Any] = manifest.get("spec") or {}

    @property
    def constraints(self) -> dict[str, Any]:
        """What it matches."""
        return self.spec.get("matchConstraints") or {}

    @property
    def is_forgiving(self) -> bool:
        """Whether what cannot be evaluated lets the request pass."""
        return bool(self.spec.get("failurePolicy") == "Ignore")


class Unanswered(Exception):
    """An expression that has no answer."""


class Run:
    """The evaluation of one policy for one request; variables are evaluated when something first reads them.

    Args:
        common: the policy's conditions and variables.
        params: the object that the binding hands to the policy.
        namespace: the object's namespace.
        budget: what the evaluations may take together.
    """

    def __init__(
        self,
        common: Common,
        request: Request,
        params: Manifest | None,
        namespace: Manifest | None,
        budget: Budget | None = None,
    ) -> None:
        self._common = common
        self._request = request
        self._budget = budget or Budget(POLICY_UNITS)
        self._plain: dict[str, Any] = {
            "object": request.manifest,
            "oldObject": request.old,
            "request": request.document,
            "params": params,
            "namespaceObject": namespace,
            AUTHORIZER: authorization.authorizer(),
            _OWN: authorization.of_resource(
                request.of.group, request.of.plural, request.subresource, request.namespace, request.name
            ),
        }
        self._base = Values(self._plain)
        self._broken: dict[str, str] = {}

    def meets_conditions(self) -> bool:
        """Whether every match condition holds; one that is false excuses another that has no answer.

        Raises:
            Unanswered: none is false, and one has no answer.
        """
        problem: Unanswered | None = None
        for program in self._common.conditions:
            try:
                if self.answer(program) is not True:
                    return False
            except Unanswered as error:
                problem = problem or error
        if problem is not None:
            raise problem
        return True

    def answer(self, program: Program) -> Any:
        """The answer of an expression.

        Raises:
            Unanswered: there is none.
        """
        try:
            return self._evaluate(program)
        except (EvaluationError, CostError) as error:
            said = str(error)
            for name, why in self._broken.items():
                if f'"{name}"' in said:
                    said = f'composited variable "{name.removeprefix(PREFIX)}" fails to evaluate: {why}'
            raise Unanswered(f"expression '{program.expression}' resulted in error: {said}") from error

    def _evaluate(self, program: Program) -> Any:
        values = self._values(program)
        with self._deciding(program):
            return program.evaluate(values, self._budget)

    def _deciding(self, program: Program) -> AbstractContextManager[None]:
        if AUTHORIZER in program.names or _OWN in program.names:
            return authorization.deciding(self._request.decide)
        return nullcontext()

    def _values(self, program: Program) -> Values:
        """The values that an expression reads: for most, what the request gives is all."""
        wanted = [name for name in program.names if name.startswith(PREFIX)]
        if not wanted:
            return self._base
        for name in wanted:
            self._set(name)
        return self._base.with_more({name: self._plain[name] for name in wanted if name in self._plain})

    def _set(self, name: str) -> None:
        if name in self._plain or name in self._broken:
            return
        try:
            self._plain[name] = self._evaluate(self._common.variables[name])
        except (EvaluationError, CostError) as error:
            self._broken[name] = str(error)
