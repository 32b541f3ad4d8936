"""A command in a process of its own, which can be asked to end."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

SECONDS_TO_END = 60.0
"""A training that is asked to end keeps its finished epochs, which takes seconds."""


class ChildCommand:
    """Runs one command at a time, apart from this process: what it leaks or breaks goes with it.

    Args:
        words: Program and arguments.
        folder: Where it runs.
        environment: Its environment; that of this process when not given.
    """

    def __init__(self, words: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._words = tuple(words)
        self._folder = folder
        self._environment = environment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ending = False

    @property
    def is_ending(self) -> bool:
        """Whether it was asked to end, and runs no more."""
        return self._is_ending

    def run(self, lock: int) -> int:
        """Runs the command to its end.

        Args:
            lock: Number of an open file that the command holds as long as it lives.

        Returns:
            Its exit code; below 0, minus the number of the signal that ended it.

        Raises:
            OSError: If it cannot be started, as where its folder is gone.
        """
        with self._lock:
            if self._is_ending:
                return -signal.SIGTERM
            # A session of its own, so that Ctrl-C of a terminal reaches it once, from here, and its children with it.
            self._process = subprocess.Popen(  # noqa: S603
                self._words,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                pass_fds=(lock,),
                start_new_session=True,
            )
        return self._process.wait()

    def end(self, *, seconds: float = SECONDS_TO_END) -> None:
        """Asks the command to end, waits for it, and kills it where it does not. Nothing is started any more.

        Args:
            seconds: How long to wait. Being interrupted meanwhile ends the wait.
        """
        with self._lock:
            self._is_ending = True
            process = self._process
        if process is None or process.poll() is not None:
            return
        try:
            _signal_group(process.pid, signal.SIGTERM)
            process.wait(timeout=seconds)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    # It may have ended in this moment.
    with suppress(ProcessLookupError):
        os.killpg(group, number)
