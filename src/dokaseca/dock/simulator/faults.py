"""Faults on demand: what a Pod is told to suffer from."""

from __future__ import annotations

from enum import StrEnum

from dokaseca.dock.simulator.options import SIMULATE
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

BROKEN_TAG = "broken"


class Fault(StrEnum):
    """Values of the annotation `dokaseca.dev/simulate`; an unknown value is no fault."""

    NONE = ""
    IMAGE_PULL_BACK_OFF = "image-pull-back-off"
    CRASH_LOOP = "crash-loop"
    OUT_OF_MEMORY = "oom"
    NEVER_READY = "never-ready"
    SLOW = "slow"

    @property
    def ends_containers(self) -> bool:
        """Whether containers end again and again."""
        return self in (Fault.CRASH_LOOP, Fault.OUT_OF_MEMORY)


def of_pod(pod: Manifest) -> Fault:
    """The fault that the Pod's annotation asks for, else the tag of an image; one tagged `broken` cannot be pulled."""
    asked = manifests.annotations(pod).get(SIMULATE, "")
    if asked and asked in Fault.__members__.values():
        return Fault(asked)
    for container in manifests.get(pod, "spec", "containers", default=[]):
        tag = str(container.get("image", "")).rpartition("/")[2].partition(":")[2]
        if tag == BROKEN_TAG:
            return Fault.IMAGE_PULL_BACK_OFF
        if tag and tag in Fault.__members__.values():
            return Fault(tag)
    return Fault.NONE
