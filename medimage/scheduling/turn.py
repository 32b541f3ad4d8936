"""Which of the times that have come are run, and which are only told."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What is done about times that have come.

    Attributes:
        run: The time that is run now; None where all came too long ago.
        missed: The times that are not run.
    """

    run: datetime.datetime | None
    missed: tuple[datetime.datetime, ...]


def take_turn(due: Sequence[datetime.datetime], *, now: datetime.datetime, grace: datetime.timedelta) -> Turn:
    """Decides about times that have come and were not dealt with.

    Several become one run, of the last: ten runs of the same command in a row would say ten times the same.

    Args:
        due: The times, in order, none of them after `now`; at least one.
        now: The time.
        grace: How late a run may begin.
    """
    *earlier, last = due
    if now - last <= grace:
        return Turn(run=last, missed=tuple(earlier))
    return Turn(run=None, missed=tuple(due))
