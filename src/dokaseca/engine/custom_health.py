"""Health by the platform owner's own scripts, and by our rules for all other kinds.

A verdict is asked for in the middle of a step, where nobody may wait; a script runs in another process. So scripts run
before (`prepare`), and what they said is remembered per script and version of the object.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from dokaseca.flow.health import assess
from dokaseca.flow.health.customise import Customisations, Script
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, TransientError
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import GroupKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.health_scripts import HealthScripts

VERDICTS_KEPT = 20_000  # a few hundred bytes each
REST_SECONDS = 60.0  # how long a script that never ended is left alone, for all objects: else each would cost seconds
NOT_YET = Verdict(Health.PROGRESSING, "its health script has not run yet")


class _Version(NamedTuple):
    script: Script
    uid: str
    resource_version: str


class CustomHealth:
    """Remembers what scripts said.

    Args:
        scripts: runs them; None where there is nothing to run them, and only our rules count.
        seconds: a clock that only goes forward.
    """

    def __init__(self, scripts: HealthScripts | None = None, seconds: Callable[[], float] = time.monotonic) -> None:
        self._scripts = scripts
        self._seconds = seconds
        self._customisations = Customisations({})
        self._verdicts: OrderedDict[_Version, Verdict | None] = OrderedDict()
        self._resting: dict[Script, tuple[float, Verdict]] = {}

    def replace(self, customisations: Customisations) -> None:
        """Use other scripts from now on."""
        self._customisations = customisations
        self._resting.clear()

    def assess(self, live: Manifest, missed: list[Manifest] | None = None) -> Verdict | None:
        """The object's health; one whose script has yet to run is Progressing, and added to `missed`."""

        def custom_or_none(kind: GroupKind) -> assess.CustomRule | None:
            script = self._customisations.script_or_none(kind) if self._scripts is not None else None
            return (lambda one: self._said(script, one, missed)) if script is not None else None

        return assess.assess(live, custom_or_none)

    async def prepare(self, objects: Iterable[Manifest]) -> None:
        """Run the scripts of these objects, unless they have run on them as they are."""
        if self._scripts is None or not self._customisations.scripts:
            return
        for live in objects:
            script = self._customisations.script_or_none(manifests.gvk(live).group_kind)
            if script is None or self._rest_or_none(script) is not None:
                continue
            version = _version(script, live)
            if version not in self._verdicts:
                await self._run(self._scripts, version, live)

    async def _run(self, scripts: HealthScripts, version: _Version, live: Manifest) -> None:
        script = version.script
        try:
            verdict = await scripts.run(script.source, live, open_libs=script.open_libs)
        except TransientError as error:
            self._resting[script] = (self._seconds() + REST_SECONDS, _failed(script, error))
            return
        except DokaSecaError as error:
            verdict = _failed(script, error)
        self._verdicts[version] = verdict
        while len(self._verdicts) > VERDICTS_KEPT:
            self._verdicts.popitem(last=False)

    def _said(self, script: Script, live: Manifest, missed: list[Manifest] | None) -> Verdict | None:
        version = _version(script, live)
        if version in self._verdicts:
            self._verdicts.move_to_end(version)
            return self._verdicts[version]
        resting = self._rest_or_none(script)
        if resting is None and missed is not None:
            missed.append(live)
        return resting or NOT_YET

    def _rest_or_none(self, script: Script) -> Verdict | None:
        """What to say of any object while its script is left alone."""
        until, verdict = self._resting.get(script, (0.0, NOT_YET))
        return verdict if self._seconds() < until else None


def _version(script: Script, live: Manifest) -> _Version:
    return _Version(script, manifests.uid(live), manifests.resource_version(live))


def _failed(script: Script, error: DokaSecaError) -> Verdict:
    return Verdict(Health.UNKNOWN, f"health script {script.key} of argocd-cm: {error.message}")
