"""Children that end when their parent does, however it ends: `kill -9` leaves nobody who could stop them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "DOKASECA_PARENT_PID"  # in a child's environment: who started it
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends; elsewhere than on Linux nothing happens.

    To be called first of all. A parent that ended before that is noticed: another process stands in its place.
    """
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if os.environ.get(PARENT, str(os.getppid())) != str(os.getppid()):
        os._exit(1)
