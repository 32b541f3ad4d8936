"""Trying again what the network or a busy server has failed, with waits that grow."""

import email.utils
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class TransientError(Exception):
    """A failure that may pass; the message is a clause such as `the connection broke`.

    Args:
        message: What has failed.
        asked_wait_s: Seconds that the server asks to wait, or None.
    """

    def __init__(self, message: str, *, asked_wait_s: float | None = None) -> None:
        super().__init__(message)
        self.asked_wait_s = asked_wait_s


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often and after which waits something is tried again.

    Attributes:
        attempts: Failures in a row, without any progress between them, after which it is given up.
        first_wait_s: Seconds before the second attempt; each later wait is twice as long.
        longest_wait_s: Seconds that no wait exceeds, unless the server asks for more.
        longest_asked_wait_s: Seconds that a server may ask for; a longer wait is told instead of waited.
        connect_timeout_s: Seconds to wait for a connection.
        read_timeout_s: Seconds to wait for the next bytes.
    """

    attempts: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_asked_wait_s: float = 300.0
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or min(self.first_wait_s, self.longest_wait_s, self.longest_asked_wait_s) < 0:
            raise ValueError(f"Expected at least one attempt and waits of at least 0 s but got {self}.")
        if min(self.connect_timeout_s, self.read_timeout_s) <= 0:
            raise ValueError(f"Expected time-outs above 0 s but got {self}.")

    @property
    def timeouts_s(self) -> tuple[float, float]:
        """Seconds to wait for a connection and for the next bytes, as `requests` takes them."""
        return self.connect_timeout_s, self.read_timeout_s

    def call(self, action: Callable[[], Result], *, progress: Callable[[], int] = lambda: 0) -> Result:
        """Calls `action` until it succeeds, and returns its result.

        Args:
            action: Raises `TransientError` where it may be tried again.
            progress: How far the action has come; a download that breaks off again and again still ends.

        Raises:
            TransientError: The last failure, when all attempts are used up or the server asks for too long a wait.
        """
        failures, furthest = 0, progress()
        while True:
            try:
                return action()
            except TransientError as error:
                failures = 1 if progress() > furthest else failures + 1
                furthest = max(furthest, progress())
                if failures >= self.attempts or (error.asked_wait_s or 0) > self.longest_asked_wait_s:
                    raise
                wait = self._wait(failures, error)
                logger.warning(
                    "%s; trying again in %.0f s (attempt %d of %d)",
                    _sentence(str(error)), wait, failures + 1, self.attempts,
                )  # fmt: skip
            time.sleep(wait)

    def _wait(self, failures: int, error: TransientError) -> float:
        if error.asked_wait_s is not None:
            return error.asked_wait_s
        return min(self.first_wait_s * 2 ** (failures - 1), self.longest_wait_s)


def asked_wait_s(header: str | None) -> float | None:
    """Returns the seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), or None where it asks for none.

    Args:
        header: A number of seconds or a date, or None where there is no such header.
    """
    text = (header or "").strip()
    if text.isdecimal() and text.isascii():
        return float(text[:12])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:]
