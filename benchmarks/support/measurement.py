"""The result of a benchmark."""

import json
import os
import platform
from dataclasses import dataclass, field
from typing import Literal

from medimage.machine import processor_name


class NotMeasuredError(Exception):
    """A benchmark needs what this machine does not have, so that there is no number."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One claim, what was measured, and whether it holds.

    Attributes:
        name: The claim.
        measured: What was measured.
        target: What is claimed.
        unit: Unit of both.
        direction: Whether the measured value must be at most or at least the target.
        details: Further lines for people.
    """

    name: str
    measured: float
    target: float
    unit: str
    direction: Literal["at_most", "at_least"]
    details: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether the claim holds."""
        return self.measured <= self.target if self.direction == "at_most" else self.measured >= self.target

    def to_json(self) -> str:
        """Returns the one line that programs read."""
        return json.dumps(
            {
                "name": self.name,
                "measured": round(self.measured, 4),
                "target": self.target,
                "unit": self.unit,
                "ok": self.ok,
            }
        )


def machine() -> str:
    """Returns the kind of machine, in words: processor, cores, system. Nothing that identifies it."""
    return f"{processor_name()}, {os.cpu_count()} cores, {platform.system()}"
