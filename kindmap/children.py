"""Processes that must not outlive the one that started them."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec nothing may be loaded any more.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def dies_with_parent(number: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """For Popen's preexec_fn: the kernel sends the signal when the thread that started the child ends, however it ends.

    Only Linux can do this. Elsewhere a child outlives a parent that is killed with SIGKILL.
    """
    parent = os.getpid()

    def prepare() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:  # it ended before the kernel knew
                os._exit(1)

    return prepare
