"""How learning rates change from epoch to epoch."""

from typing import Annotated, Literal

from pydantic import Field

from medimage.config.numbers import NonNegative
from medimage.config.section import Section


class ScheduleConfig(Section):
    """How the learning rate changes from epoch to epoch."""

    name: Literal["constant", "cosine", "warm_restarts", "plateau"] = "constant"
    """`constant`; `cosine` towards `minimum`; `warm_restarts`; `plateau` of the validation loss.

    The cosine would reach `minimum` one epoch after the last (T_max is the number of epochs after the warm-up), so the
    last epoch runs just above it.
    """

    minimum: NonNegative = 0.0
    """Learning rate that the schedule goes towards and never below (eta_min)."""

    first_restart: Annotated[int, Field(ge=1)] = 5
    """Warm restarts: epochs until the first restart (T_0)."""

    restart_factor: Annotated[int, Field(ge=1)] = 2
    """Warm restarts: each period is so many times as long as the one before (T_mult)."""

    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Plateau: the learning rate is multiplied by this."""

    plateau_patience: Annotated[int, Field(ge=0)] = 3
    """Plateau: epochs without improvement before that happens."""

    warmup_epochs: Annotated[int, Field(ge=0)] = 0
    """Epochs of linear warm-up before the schedule starts."""
