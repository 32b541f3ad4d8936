"""Calls to a service that may be away: made in the background, and given up once for all."""

import contextvars
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from medimage.errors import MedimageError
from medimage.hidden_credentials import hide_credentials

logger = logging.getLogger(__name__)

CALL_SECONDS = 60.0
"""Time a call gets before its service counts as away. A request takes milliseconds and a new run a few seconds, but
importing a client and making the tables of a new database take many on a busy machine."""

_SLOW = 2
"""Calls' worth of time that a service gets at the end to catch up."""


@dataclass(frozen=True, kw_only=True)
class _Call:
    action: Callable[[], object]
    extra_seconds: float


class ServiceCalls:
    """Makes calls to one service, one after the other, in a thread of its own.

    Who asks for a call goes on at once. The first call that raises, or does not come back in time, is one warning; from
    then on nothing is called any more. A call that hangs for ever keeps neither `finish` nor the process from ending.

    Args:
        name: The service, for the warning.
        seconds: Time each call gets.
    """

    def __init__(self, name: str, *, seconds: float = CALL_SECONDS) -> None:
        self._name = name
        self._seconds = seconds
        self._waiting: deque[_Call] = deque()
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._given_up = False
        self._finishing = False
        self._thread: threading.Thread | None = None

    def submit(self, action: Callable[[], object], *, extra_seconds: float = 0.0) -> None:
        """Asks for a call.

        Args:
            action: What is called. It is dropped where the service was given up.
            extra_seconds: Time this call gets beyond that of every call, such as for sending a large file.
        """
        with self._changed:
            self._notice_silence()
            if self._given_up:
                return
            self._waiting.append(_Call(action=action, extra_seconds=extra_seconds))
            if self._thread is None:
                context = contextvars.copy_context()
                self._thread = threading.Thread(
                    target=context.run, args=(self._work,), name=f"calls to {self._name}", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def finish(self) -> None:
        """Waits until all calls have been made.

        A service that is silent is waited for as long as one call may take, and one that is slow as long as two
        calls; both get the extra time of the calls that wait.
        """
        with self._changed:
            self._finishing = True
            self._changed.notify_all()
            limit = time.monotonic() + _SLOW * self._seconds + sum(call.extra_seconds for call in self._waiting)
            limit = max(limit, self._deadline or 0.0)
            while (self._waiting or self._deadline is not None) and not self._given_up:
                self._changed.wait(timeout=max(0.0, min(limit, self._deadline or limit) - time.monotonic()))
                self._notice_silence(limit)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._finishing:
                    self._changed.wait()
                if self._given_up or not self._waiting:
                    self._thread = None
                    return
                call = self._waiting.popleft()
                self._deadline = time.monotonic() + self._seconds + call.extra_seconds
                self._changed.notify_all()
            reason = None
            try:
                call.action()
            except (Exception, SystemExit) as error:  # Services fail in many ways, none of which may end a run.
                reason = str(error) if isinstance(error, MedimageError) else f"{type(error).__name__}: {error}"
            with self._changed:
                self._deadline = None
                if reason is not None:
                    self._give_up(reason)
                self._changed.notify_all()

    def _notice_silence(self, limit: float = math.inf) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._give_up(f"no answer within {self._seconds:g} seconds")
        elif (self._deadline is not None or self._waiting) and now >= limit:
            self._give_up(f"still behind after {_SLOW * self._seconds:g} seconds")

    def _give_up(self, reason: str) -> None:
        if not self._given_up:
            self._given_up = True
            self._waiting.clear()
            logger.warning(
                "%s is not available (%s); the run goes on without it.",
                self._name,
                hide_credentials(reason).rstrip("."),
            )
