"""Faults on demand: what a Pod is told to suffer from."""

from __future__ import annotations

from enum import StrEnum

from dokaseca.dock.simulator.options import SIMULATE
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

BROKEN_TAG = ":broken"


class Fault(StrEnum):
    """Values of the annotation `dokaseca.dev/simulate`; an unknown value is no fault."""

    NONE = ""
    IMAGE_PULL_BACK_OFF = "image-pull-back-off"
    CRASH_LOOP = "crash-loop"
    NEVER_READY = "never-ready"
    SLOW = "slow"


def of_pod(pod: Manifest) -> Fault:
    """The fault that the Pod's annotation asks for; an image tagged `:broken` cannot be pulled."""
    asked = manifests.annotations(pod).get(SIMULATE, "")
    if asked and asked in Fault.__members__.values():
        return Fault(asked)
    containers = manifests.get(pod, "spec", "containers", default=[])
    if any(str(one.get("image", "")).endswith(BROKEN_TAG) for one in containers):
        return Fault.IMAGE_PULL_BACK_OFF
    return Fault.NONE
