"""What a line of the log belongs to."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LogContext:
    """What a line belongs to.

    Attributes:
        run: Name of the run; None where it is not known.
        run_id: What the orchestrator calls the run; None where it is not known yet.
        step: Name of the step; None outside of steps.
        rank: Number of the process among those that train together; None where one does.
    """

    run: str | None = None
    run_id: str | None = None
    step: str | None = None
    rank: int | None = None
