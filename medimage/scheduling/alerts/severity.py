"""How much the end of a scheduled run matters to a person."""

import signal
from dataclasses import dataclass
from enum import StrEnum

from medimage.exit_codes import (
    CHANGED_IN_USE,
    ERROR,
    GATE_NOT_PASSED,
    INTERRUPTED,
    NOT_ENOUGH_TO_TELL,
    PASSED,
    UNDER_WAY,
    WRONG_COMMAND,
)


class Severity(StrEnum):
    """From what needs nobody to what must be looked at now."""

    NOTHING = "nothing"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for nothing, 3 for an error."""
        return list(Severity).index(self)


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What an exit code says.

    Attributes:
        severity: How much it matters.
        text: What it says, to follow the name of a command.
    """

    severity: Severity
    text: str


_ALL = {
    PASSED: Meaning(severity=Severity.NOTHING, text="ended as it should"),
    ERROR: Meaning(severity=Severity.ERROR, text="ended with an error"),
    WRONG_COMMAND: Meaning(severity=Severity.ERROR, text="was refused, because it or its configuration is wrong"),
    INTERRUPTED: Meaning(severity=Severity.WARNING, text="was interrupted"),
}
_MONITORING = {
    CHANGED_IN_USE: Meaning(
        severity=Severity.WARNING, text="found that images, answers or the rate of right answers have changed"
    ),
    NOT_ENOUGH_TO_TELL: Meaning(severity=Severity.NOTICE, text="had too few images to tell"),
}
_JUDGING = {GATE_NOT_PASSED: Meaning(severity=Severity.WARNING, text="ended without a model that passed the gate")}
_RETRAINING = {
    GATE_NOT_PASSED: Meaning(severity=Severity.WARNING, text="found that a new model was due, and the champion stays"),
    UNDER_WAY: Meaning(severity=Severity.NOTICE, text="stepped aside, because another retraining is under way"),
}
_OWN = {"monitor": _MONITORING, "retrain": _RETRAINING, "inference": {}}
"""Codes of pipelines that judge no model, by the name before `_pipeline`."""


def meaning_of(module: str, exit_code: int) -> Meaning:
    """Returns what it means that a command ended so.

    Args:
        module: The command, such as `pipelines.monitor_pipeline`.
        exit_code: Its exit code; below 0, minus the number of the signal that ended it.
    """
    if exit_code < 0:
        return Meaning(severity=Severity.ERROR, text=f"was killed by {_signal_name(-exit_code)}")
    name = module.rpartition(".")[2].removesuffix("_pipeline")
    known = {**_ALL, **_OWN.get(name, _JUDGING)}
    unknown = Meaning(severity=Severity.ERROR, text="ended in a way that is not known")
    return known.get(exit_code, unknown)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
