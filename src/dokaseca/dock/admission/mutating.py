"""MutatingAdmissionPolicies: what they make of a request's object.

Follows k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go. What a request meets is decided on the
object as it came; then one policy after the other sees what those before it made. Once anything was mutated, policies
that want to be reinvoked `IfNeeded` are asked a second time, and no third time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from dokaseca.dock import status_error
from dokaseca.dock.admission import mutating_apply, policies_bound
from dokaseca.dock.admission.mutating_apply import Kinds, MutationError
from dokaseca.dock.admission.policies_bound import Bound, Candidates, Invocation
from dokaseca.dock.admission.policies_program import POLICY_UNITS, Common, Policy, Run, Unanswered
from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.cel.program import Budget, CompileError, Program
from dokaseca.dock.resources import ResourceType
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

Apply = Callable[[Any, Manifest, ResourceType, Kinds], Manifest]
_Key = tuple[str, str, str, str]  # policy, binding, the parameter's namespace and name

# The patch type, the field that holds its expression, and what an outcome does.
APPLY_CONFIGURATION: Final = "ApplyConfiguration"
JSON_PATCH: Final = "JSONPatch"
FIELDS: Final = {APPLY_CONFIGURATION: "applyConfiguration", JSON_PATCH: "jsonPatch"}
_APPLIES: Final[dict[str, Apply]] = {
    APPLY_CONFIGURATION: mutating_apply.configuration,
    JSON_PATCH: mutating_apply.patched,
}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation of a policy: the expression, and what its outcome does to the object."""

    program: Program
    apply: Apply


@dataclass(frozen=True, slots=True)
class Programs:
    """Everything in a policy that is evaluated."""

    common: Common
    mutations: tuple[Mutation, ...]


def compile_spec(spec: dict[str, Any]) -> Programs:
    """The programs of a policy's spec.

    Raises:
        CompileError: one does not compile.
    """
    common = Common(spec)
    mutations = []
    for one in spec.get("mutations") or ():
        kind = one.get("patchType") or ""
        text = manifests.get(one, FIELDS[kind], "expression", default="").strip()
        mutations.append(Mutation(Program(text, common.known, has_objects=True), _APPLIES[kind]))
    return Programs(common, tuple(mutations))


class MutatingPolicy(Policy):
    """A policy as requests meet it."""

    @cached_property
    def programs(self) -> Programs | CompileError:
        """What it evaluates, or why it cannot be compiled."""
        try:
            return compile_spec(self.spec)
        except CompileError as error:
            return error

    @property
    def is_reinvoked(self) -> bool:
        """Whether it wants to see what others made of the object after it."""
        return bool(self.spec.get("reinvocationPolicy") == "IfNeeded")


def mutate(
    bound: Bound[MutatingPolicy], candidates: Candidates[MutatingPolicy], request: Request, kinds: Kinds
) -> Manifest:
    """The request's object as the policies leave it.

    Raises:
        StatusError: 403, a policy fails and does not ignore that; 500, it makes what is no object of the kind.
    """
    first = _Pass(bound, kinds, request)
    first.run(bound.met(request, candidates))
    if not first.reinvoked:
        return first.current
    again = _Pass(bound, kinds, request.with_object(first.current), only=frozenset(first.reinvoked))
    again.run(bound.met(again.request, candidates))
    return again.current


@dataclass
class _Pass:
    """One round of the policies over one object.

    Attributes:
        only: who is asked; None for everybody.
        current: the object as it is now, in the request's version.
        reinvoked: who is to be asked again.
    """

    bound: Bound[MutatingPolicy]
    kinds: Kinds
    request: Request
    only: frozenset[_Key] | None = None
    reinvoked: list[_Key] = field(default_factory=list)
    _errors: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.request.manifest is not None
        self.current: Manifest = self.request.manifest
        self._namespace = self.bound.namespace(self.request.namespace)

    def run(self, invocations: Iterable[Invocation[MutatingPolicy]]) -> None:
        for invocation in list(invocations):
            if invocation.problem:
                self._fail(invocation, invocation.problem, "Forbidden")
            for param in invocation.params:
                key = _key(invocation, param)
                if self.only is None or key in self.only:
                    self._invoke(invocation, param, key)
        if self._errors:
            raise _denial(self.request, self._errors)

    def _invoke(self, invocation: Invocation[MutatingPolicy], param: Manifest | None, key: _Key) -> None:
        policy, budget = invocation.policy, Budget(POLICY_UNITS)
        programs = policy.programs
        if isinstance(programs, CompileError):
            self._fail(invocation, f"compilation error: {programs}", "Invalid")
            return
        try:
            if not self._run(invocation, programs, param, budget).meets_conditions():
                return
        except Unanswered as error:
            self._fail(invocation, str(error), "Invalid")
            return
        for mutation in programs.mutations:
            run = self._run(invocation, programs, param, budget)
            try:
                self._mutate(invocation, mutation, run.answer(mutation.program))
            except (Unanswered, MutationError) as error:
                self._fail(invocation, str(error), "Invalid")
        if policy.is_reinvoked:
            self.reinvoked.append(key)

    def _run(
        self, invocation: Invocation[MutatingPolicy], programs: Programs, param: Manifest | None, budget: Budget
    ) -> Run:
        request = policies_bound.seen(self.request.with_object(self.current), invocation.of)
        return Run(programs.common, request, param, self._namespace, budget)

    def _mutate(self, invocation: Invocation[MutatingPolicy], mutation: Mutation, answer: Any) -> None:
        source = self.request.view or self.request.of
        kind = self.request.view or invocation.of
        made = mutating_apply.copied(
            mutation.apply(answer, policies_bound.converted(self.current, source, kind), kind, self.kinds)
        )
        made["apiVersion"], made["kind"] = kind.api_version, kind.kind
        self.kinds.complete(kind, made)
        self.current = policies_bound.converted(made, kind, source)

    def _fail(self, invocation: Invocation[MutatingPolicy], why: str, reason: str) -> None:
        if not invocation.policy.is_forgiving:
            self._errors.append((f"policy {invocation.title} denied request: {why}", reason))


def _key(invocation: Invocation[MutatingPolicy], param: Manifest | None) -> _Key:
    param = param or {}
    names = manifests.namespace(param), manifests.name(param)
    return (invocation.policy.name, manifests.name(invocation.binding), *names)


def _denial(request: Request, errors: list[tuple[str, str]]) -> status_error.StatusError:
    """403 with the first error's words, and one cause for each."""
    message, reason = errors[0]
    known = status_error.forbidden(request.of.group, request.of.plural, request.name, message)
    details = {**(known.details or {}), "causes": [{"message": one} for one, _ in errors]}
    return status_error.StatusError(403, reason, message, details)
