"""Child processes: their output line by line, their end, and that they never outlive the process that started them."""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec nothing may be loaded any more.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

_LONGEST_LINE = 16_384


def die_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent ends, however that ends.

    Only Linux can do this. Elsewhere a child outlives a parent that is killed with SIGKILL.
    """
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it ended before the kernel knew
            os._exit(1)


def dies_with_parent(number: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """For Popen's preexec_fn: die_with_parent in the child. It is the thread that started the child that counts."""
    parent = os.getpid()
    return lambda: die_with_parent(parent, number)


class Child:
    """One process of its own process group: Ctrl-C reaches it through us, in the right order, or not at all."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        pass_fds: Sequence[int] = (),
        orphan_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.is_quiet = False  # its lines are kept for its last words, not printed
        self.last_lines: deque[str] = deque(maxlen=15)
        self._rest = b""
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            process_group=0,
            preexec_fn=dies_with_parent(orphan_signal),
        )
        assert self._process.stdout is not None  # noqa: S101 (for mypy: a pipe was asked for)
        self.output: IO[bytes] = self._process.stdout
        os.set_blocking(self.output.fileno(), False)
        self.pid = self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def succeeded(self) -> bool:
        return self._process.poll() == 0

    def how_it_ended(self) -> str:
        code = self._process.poll()
        if code is None:
            return "is running"
        return f"ended with exit code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"

    def read_lines(self) -> list[str]:
        """The lines that have come since; a line without its end waits for it while the process lives."""
        with contextlib.suppress(BlockingIOError):
            while block := os.read(self.output.fileno(), 65_536):
                self._rest += block
        *lines, self._rest = self._rest.split(b"\n")
        if self._rest and (self.has_ended or len(self._rest) > _LONGEST_LINE):
            lines.append(self._rest)
            self._rest = b""
        texts = [line.decode(errors="replace").rstrip("\r") for line in lines]
        self.last_lines.extend(text for text in texts if text.strip())
        return texts

    def signal(self, number: signal.Signals) -> None:
        """To the process, and SIGKILL to its whole group: what did not listen to it does not stay either."""
        if number == signal.SIGKILL:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)
        if not self.has_ended:
            self._process.send_signal(number)


class Children:
    """The processes of one supervisor."""

    def __init__(self, directory: Path, say: Callable[[str], None]) -> None:
        self.directory = directory
        self.say = say
        self.running: list[Child] = []
        self._selector = selectors.DefaultSelector()

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        pass_fds: Sequence[int] = (),
        orphan_signal: signal.Signals = signal.SIGTERM,
    ) -> Child:
        child = Child(
            name,
            command,
            directory=self.directory,
            environment=environment,
            pass_fds=pass_fds,
            orphan_signal=orphan_signal,
        )
        self.running.append(child)
        self._selector.register(child.output, selectors.EVENT_READ, child)
        return child

    def pump(self, seconds: float) -> list[Child]:
        """Print what they say for that long or until one has ended; those that have ended, which are forgotten."""
        for key, _ in self._selector.select(seconds):
            self._print(key.data)
        ended = [child for child in self.running if child.has_ended]
        for child in ended:
            self._print(child)
            self._selector.unregister(child.output)
            child.output.close()
            self.running.remove(child)
        return ended

    def stop(self, children: Sequence[Child], grace_seconds: float) -> None:
        """SIGTERM, then SIGKILL to those that are left after the grace. Returns when all have ended."""
        for child in children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while any(child in self.running for child in children):
            left = deadline - time.monotonic()
            if left <= 0:
                for child in children:
                    if child in self.running:
                        self.say(f"{child.name} did not stop within {grace_seconds:g} s and is killed")
                        child.signal(signal.SIGKILL)
                left = 1.0
                deadline = time.monotonic() + left
            self.pump(min(left, 0.2))
        for child in children:
            child.signal(signal.SIGKILL)  # what it may have left in its group

    def _print(self, child: Child) -> None:
        for line in child.read_lines():
            if not child.is_quiet:
                print(f"{child.name:<6} | {line}", flush=True)
