"""When a stage of training ends before its last epoch."""

from typing import Annotated, Literal

from pydantic import Field

from medimage.config.numbers import NonNegative
from medimage.config.section import Section


class EarlyStoppingConfig(Section):
    """When a stage ends before its last epoch."""

    monitor: Literal["validation_loss", "validation_accuracy"] = "validation_loss"
    """Figure that must improve."""

    patience: Annotated[int, Field(ge=1)] = 5
    """Epochs without improvement after which the stage ends."""

    min_delta: NonNegative = 0.0
    """Smallest change that counts as improvement."""
