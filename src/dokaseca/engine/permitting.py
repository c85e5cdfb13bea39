"""Policy for one Application: its project, its destination, and the kinds it may touch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dokaseca.engine.context import Context
from dokaseca.engine.destinations import Registration
from dokaseca.engine.live_state import LiveState
from dokaseca.kit import globs
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.errors import DeniedError, UserError
from dokaseca.model.manifest import Manifest
from dokaseca.policy import gate, service_accounts
from dokaseca.policy import project as projects
from dokaseca.policy.decision import Decision
from dokaseca.ports.cluster import Cluster

CONTROL_PLANE = "argocd"


@dataclass(frozen=True, slots=True)
class Permitted:
    """An Application whose sources and destination its project allows."""

    project: Manifest
    destination: Registration


def check(application: Application, context: Context) -> Permitted:
    """Hold the Application's spec against its project.

    Raises:
        UserError: reason InvalidSpecError: no such project or cluster.
        DeniedError: the project forbids a source or the destination.
    """
    project = context.projects(application.project)
    subject = f"Application {application.key}"
    if project is None:
        raise UserError(
            f"project {application.project!r} does not exist; create the AppProject or correct spec.project",
            reason="InvalidSpecError",
            subject=subject,
        )
    _require_namespace(application, project, subject)
    destination = context.destinations.find(application.destination)
    decisions = [projects.permits_source(project, source.repo_url) for source in application.sources]
    decisions.append(
        projects.permits_destination(project, destination.server, destination.name, application.destination.namespace)
    )
    _raise_first(decisions, subject)
    return Permitted(project, destination)


def _require_namespace(application: Application, project: Manifest, subject: str) -> None:
    """An Application outside the control plane's namespace needs a project that takes it (Argo CD: C1)."""
    namespace = application.key.namespace
    taken = manifests.get(project, "spec", "sourceNamespaces", default=[])
    if namespace == CONTROL_PLANE or any(globs.matches(str(one), namespace) for one in taken):
        return
    raise DeniedError(
        f"application in namespace {namespace!r} is not allowed to use project {application.project!r}; add the "
        "namespace to spec.sourceNamespaces of the AppProject",
        reason="InvalidSpecError",
        subject=subject,
    )


def acting(application: Application, project: Manifest | None, live: LiveState, context: Context) -> Cluster:
    """The cluster as the Application's objects are written to it: as ourselves, or as a ServiceAccount of the project.

    Settings `application.sync.impersonation.enabled` and `.enforced`; what is read stays our own (Argo CD: C1).

    Raises:
        DeniedError: reason Impersonation: the project names no ServiceAccount for the destination, or a wrong one.
        UserError: reason WrongSetting.
    """
    settings = context.settings()
    if not settings.flag("application.sync.impersonation.enabled"):
        return live.cluster
    where, name = live.cluster.server, application.project
    namespace = application.destination.namespace
    try:
        user = service_accounts.user_or_none(
            project or {}, server=where, namespace=namespace, home=application.key.namespace
        )
    except ValueError as error:
        raise _no_account(f"spec.destinationServiceAccounts of project {name!r}: {error}; correct it") from error
    if user is not None:
        return live.cluster.acting_as(user)
    if settings.flag("application.sync.impersonation.enforced", default=True):
        raise _no_account(
            f"no matching service account found for destination server {where!r} and namespace {namespace!r}; add one "
            f"to spec.destinationServiceAccounts of project {name!r}"
        )
    return live.cluster


def _no_account(message: str) -> DeniedError:
    return DeniedError(message, reason="Impersonation")


async def place(destination: Registration, cluster: Cluster) -> gate.Place:
    """Where objects go, as the project's rules ask for it."""
    namespaced = {(one.group, one.kind): one.namespaced for one in await cluster.resources()}
    return gate.Place(destination.server, destination.name, namespaced)


def _raise_first(decisions: Iterable[Decision], subject: str) -> None:
    for decision in decisions:
        if not decision.allowed:
            raise DeniedError(decision.reason, reason="InvalidSpecError", subject=subject)
