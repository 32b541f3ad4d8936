"""A schedule as it stands in a cluster."""

import datetime
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class ClusterSchedule:
    """A schedule as it stands in the cluster.

    Attributes:
        name: What it is called.
        cron: Its times, as the cluster has them.
        zone: Its time zone; UTC where the CronJob states none, as most clusters' controllers keep it.
        is_paused: Whether the CronJob is suspended.
        cron_job: Name of the CronJob, with its namespace.
        pipeline: The pipeline.
        next_due: When it is due next; None where it is paused, or there is a problem.
        problem: Why it is not known as it stands; empty where it is.
    """

    name: str
    cron: str
    zone: str
    is_paused: bool
    cron_job: str
    pipeline: str
    next_due: datetime.datetime | None
    problem: str = ""

    @classmethod
    def missing(cls, name: str, *, problem: str) -> Self:
        """Returns what is known of a schedule whose CronJob cannot be read."""
        unknown = {"cron": "", "zone": "", "cron_job": "", "pipeline": ""}
        return cls(name=name, is_paused=False, next_due=None, problem=problem, **unknown)
