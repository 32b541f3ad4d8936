"""One stage of training."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.early_stopping import EarlyStoppingConfig
from medimage.config.numbers import NonNegative, Positive
from medimage.config.schedule import ScheduleConfig
from medimage.config.section import Section


class StageConfig(Section):
    """One stage of training."""

    epochs: Annotated[int, Field(ge=0, le=10_000)] = 5
    """Epochs at most; 0 skips the stage."""

    trainable: Literal["head", "all"] | Annotated[int, Field(ge=1)] = "all"
    """What is trained: the head, everything, or the head and the last N blocks of the backbone."""

    optimizer: Literal["adam", "adamw", "adamax", "sgd"] = "adamw"
    """Optimizer."""

    learning_rate: Positive = 1e-4
    """Learning rate of the head."""

    backbone_learning_rate: Positive | None = None
    """Learning rate of the backbone; that of the head when not given."""

    weight_decay: NonNegative = 0.0
    """Weight decay."""

    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Momentum of SGD."""

    schedule: ScheduleConfig = ScheduleConfig()
    early_stopping: EarlyStoppingConfig | None = None
    """When to end the stage early; never when not given."""

    @model_validator(mode="after")
    def _schedule_starts(self) -> Self:
        if 0 < self.epochs <= self.schedule.warmup_epochs:
            raise ValueError(
                f"schedule.warmup_epochs ({self.schedule.warmup_epochs}) must be below epochs ({self.epochs}): the "
                "schedule would never start"
            )
        return self

    @model_validator(mode="after")
    def _schedule_lowers_the_rates(self) -> Self:
        backbone = self.learning_rate if self.backbone_learning_rate is None else self.backbone_learning_rate
        lowest = min(self.learning_rate, backbone)
        if self.schedule.name != "constant" and self.schedule.minimum > lowest:
            raise ValueError(
                f"schedule.minimum is {self.schedule.minimum:g}, above the learning rate of {lowest:g} "
                "that it should go down to; lower it"
            )
        return self
