"""Operations asked for from outside: written as Argo CD's API writes them, then followed to their end."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import click

from dokaseca.cli import exit_codes, lookup, output, shown
from dokaseca.cli.output import Form, Table
from dokaseca.engine import underway
from dokaseca.kit import json_merge
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, NotFoundError, TransientError, UserError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.session import Session

MANAGER = "dokaseca-cli"
ATTEMPTS = 10  # statuses are written all the time: a conflict is ordinary, ten in a row are not
RECONNECT_SECONDS = 0.2
ERRORS = ("InvalidSpecError", "ComparisonError", "UnknownError")
RESULT_COLUMNS = ("KIND", "NAMESPACE", "NAME", "PHASE", "STATUS", "MESSAGE")


async def begin(session: Session, name: str, build: Callable[[Manifest], Mapping[str, Any]]) -> Manifest:
    """Write the operation that `build` makes from the Application, unless one is under way.

    Returns:
        The Application as it then stands.

    Raises:
        ConflictError: an operation is in progress, or the object changes faster than we can write.
        NotFoundError, UserError: no such Application; it is being deleted; what `build` raises.
    """
    for _ in range(ATTEMPTS):
        current = await lookup.application(session, name)
        _require_idle(current)
        patch: dict[str, Any] = {
            "metadata": {"resourceVersion": manifests.resource_version(current)},
            "operation": json_merge.between(current.get("operation") or {}, build(current)),
        }
        if manifests.get(current, "status", "operationState"):
            patch["status"] = {"operationState": None}
        with contextlib.suppress(ConflictError):
            return await session.hub.patch(
                applications.GVK,
                manifests.namespace(current),
                manifests.name(current),
                patch,
                field_manager=MANAGER,
            )
    raise ConflictError(f"Application {name} changes all the time; try again")


def new(application: Manifest, sync: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of an operation: who asks, what for, and the Application's own options and retry policy."""
    policy = manifests.get(application, "spec", "syncPolicy", default={})
    given = {"syncOptions": policy.get("syncOptions"), **sync}
    operation: dict[str, Any] = {
        "initiatedBy": {"username": _username()},
        "sync": {name: value for name, value in given.items() if value},
    }
    if policy.get("retry"):
        operation["retry"] = policy["retry"]
    return operation


async def follow(
    session: Session, begun: Manifest, timeout_seconds: float, tell: Callable[[Manifest], None]
) -> Manifest:
    """Watch the Application until its operation has ended.

    Args:
        timeout_seconds: 0 waits for ever.
        tell: called with every state on the way.

    Raises:
        TransientError: reason StillRunning: the time is over, the operation goes on.
        NotFoundError: the Application was deleted meanwhile.
    """
    current = begun
    try:
        async with asyncio.timeout(timeout_seconds or None), contextlib.aclosing(states(session, begun)) as changes:
            async for state in changes:
                current = state
                tell(current)
                if is_over(current):
                    break
        return current
    except TimeoutError as error:
        raise TransientError(
            f"the operation of {lookup.title(begun)} has not ended within {timeout_seconds:.0f} s and goes on"
            f"{_because(current)}; look again with `dokaseca app get {lookup.title(begun)}`",
            reason="StillRunning",
        ) from error


async def run(
    session: Session, name: str, build: Callable[[Manifest], Mapping[str, Any]], wait_seconds: float | None
) -> Manifest:
    """Begin an operation and follow it, unless `wait_seconds` is None; the Application as last seen."""
    begun = await begin(session, name, build)
    warning = _because(begun)
    if warning:
        click.echo(f"warning: the operation cannot begin{warning}", err=True)
    return begun if wait_seconds is None else await follow(session, begun, wait_seconds, _Teller())


def report(application: Manifest, form: Form, *, waited: bool) -> int:
    """Print what became of the operation; its exit code."""
    title = lookup.title(application)
    if not waited:
        click.echo(f"operation of {title} requested; follow it with `dokaseca app get {title}`", err=True)
        return exit_codes.OK
    state = manifests.get(application, "status", "operationState", default={})
    rows = [
        [
            shown.kind(one),
            str(one.get("namespace") or ""),
            str(one.get("name") or ""),
            str(one.get("syncPhase") or ""),
            str(one.get("status") or one.get("hookPhase") or ""),
            str(one.get("message") or ""),
        ]
        for one in manifests.get(state, "syncResult", "resources", default=[])
    ]
    output.show(form, table=Table(RESULT_COLUMNS, rows), data=shown.clean(state), names=[title])
    phase = str(state.get("phase"))
    click.echo(f"{title}: {phase}: {state.get('message') or 'no message'}", err=form != "table")
    return exit_codes.OK if phase == "Succeeded" else exit_codes.NO


async def terminate(session: Session, name: str) -> bool:
    """Ask for the end of the operation that runs; False when none does.

    Raises:
        ConflictError: the object changes faster than we can write.
        NotFoundError: no such Application.
    """
    for _ in range(ATTEMPTS):
        current = await lookup.application(session, name)
        if not is_running(current):
            return False
        version = {"resourceVersion": manifests.resource_version(current)}
        patch = {"metadata": version, "status": {"operationState": {"phase": underway.TERMINATING}}}
        where = manifests.namespace(current), manifests.name(current)
        with contextlib.suppress(ConflictError):
            await session.hub.patch(applications.GVK, *where, patch, field_manager=MANAGER)
            return True
    raise ConflictError(f"Application {name} changes all the time; try again")


def is_running(application: Manifest) -> bool:
    """Whether an operation runs, waits for its retry or is being terminated."""
    return manifests.get(application, "status", "operationState", "phase") in underway.RUNNING_PHASES


async def states(session: Session, current: Manifest) -> AsyncGenerator[Manifest]:
    """The Application as it is and as it becomes, for ever; a watch that ends is begun anew.

    Raises:
        NotFoundError: it was deleted meanwhile.
    """
    namespace, name = manifests.namespace(current), manifests.name(current)
    yield current
    while True:
        async for state in _states(session, current):
            current = state
            yield current
        await asyncio.sleep(RECONNECT_SECONDS)
        current = await session.hub.get(applications.GVK, namespace, name)
        yield current


def is_over(application: Manifest) -> bool:
    """Whether nothing is asked for or running, and something has been."""
    phase = manifests.get(application, "status", "operationState", "phase")
    return application.get("operation") is None and phase is not None and phase not in underway.RUNNING_PHASES


class _Teller:
    """Says each new message of the operation once, where a person looks on."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, application: Manifest) -> None:
        said = str(manifests.get(application, "status", "operationState", "message", default=""))
        if said and said != self._said and not is_over(application) and output.is_terminal():
            click.echo(said, err=True)
        self._said = said


async def _states(session: Session, current: Manifest) -> AsyncGenerator[Manifest, None]:
    """The Application after each change, for as long as the watch lasts."""
    namespace, name = manifests.namespace(current), manifests.name(current)
    position = manifests.resource_version(current)
    watch = session.hub.watch(applications.GVK, namespace, resource_version=position)
    async with contextlib.aclosing(watch) as events:
        with contextlib.suppress(ConflictError, TransientError):  # too old, or cut off: the caller reads anew
            async for event in events:
                if event.type == "BOOKMARK" or manifests.name(event.object) != name:
                    continue
                if event.type == "DELETED":
                    raise NotFoundError(f"Application {lookup.title(current)} was deleted meanwhile")
                yield event.object


def _require_idle(application: Manifest) -> None:
    """An operation that waits for its retry makes room for one that somebody asks for; any other does not."""
    title = lookup.title(application)
    if manifests.is_deleting(application):
        raise UserError(f"Application {title} is being deleted; nothing can be started any more")
    state = manifests.get(application, "status", "operationState", default={})
    is_busy = application.get("operation") is not None or state.get("phase") in underway.RUNNING_PHASES
    if is_busy and not underway.waits(state):
        raise ConflictError(
            f"Application {title} has an operation in progress; wait for its end (`dokaseca app get {title}`)",
            reason="OperationInProgress",
        )


def _because(application: Manifest) -> str:
    """The error that keeps an operation from beginning, as ` (it says ...)`."""
    conditions = manifests.get(application, "status", "conditions", default=[])
    said = next((f"{one['type']}: {one.get('message')}" for one in conditions if one.get("type") in ERRORS), "")
    return f" while the Application has {said}" if said else ""


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "dokaseca"
