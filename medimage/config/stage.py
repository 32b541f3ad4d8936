"""One stage of training."""

import math
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

    batch_norm: Literal["trained", "frozen"] = "trained"
    """Whether BatchNorm learns from the batches, or keeps the statistics, scale and shift that it has. A set of a few
    hundred images takes too few steps for new statistics to settle: frozen ones, with a low learning rate, can do
    better. Without effect on networks that have no BatchNorm."""

    optimizer: Literal["adam", "adamw", "adamax", "sgd"] = "adamw"
    """Optimizer."""

    learning_rate: Positive | Literal["auto"] = 1e-4
    """Learning rate of the head; `auto` takes that of the architecture table, which has one for a head on a frozen
    backbone and one for a head that is trained with it. `medimage learning-rate` measures one."""

    backbone_learning_rate: Positive | Literal["auto"] | None = None
    """Learning rate of the backbone; `auto` takes that of the architecture table. That of the head when not given."""

    feature_views: Annotated[int, Field(ge=0, le=1000)] = 0
    """Augmented views of each training image whose features are computed once, by a frozen backbone; epochs take them
    in turn. 0 augments anew in every epoch. Images that are not augmented have one view in any case."""

    weight_decay: NonNegative = 0.0
    """Weight decay."""

    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Momentum of SGD."""

    schedule: ScheduleConfig = ScheduleConfig()
    early_stopping: EarlyStoppingConfig | None = None
    """When to end the stage early; never when not given."""

    selection: Literal["best_validation", "last"] = "best_validation"
    """Which weights the stage hands on: those with the best validation accuracy, the ones before it included, or those
    of its last epoch. A small validation set knows the best epoch by luck only; where the learning rate has fallen to
    nothing by the end, or the weights are averaged, the last ones need none. With early stopping, the last epoch is the
    one that it ends with."""

    @property
    def rates(self) -> tuple[float, float]:
        """Learning rates of head and backbone.

        Raises:
            ValueError: If one is `auto` and has not been looked up yet.
        """
        head = self.learning_rate
        backbone = head if self.backbone_learning_rate is None else self.backbone_learning_rate
        if head == "auto" or backbone == "auto":
            raise ValueError("Expected learning rates as numbers but got auto: look them up in the table first")
        return head, backbone

    @model_validator(mode="after")
    def _views_are_of_a_frozen_backbone(self) -> Self:
        if self.feature_views > 0 and self.trainable != "head":
            raise ValueError(
                f"feature_views is {self.feature_views} but trainable is {self.trainable!r}: features stay the same "
                "only where the backbone is frozen; set trainable to head, or feature_views to 0"
            )
        return self

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
        given = (self.learning_rate, self.backbone_learning_rate)
        lowest = min((rate for rate in given if isinstance(rate, float)), default=math.inf)
        if self.schedule.name != "constant" and self.schedule.minimum > lowest:
            raise ValueError(
                f"schedule.minimum is {self.schedule.minimum:g}, above the learning rate of {lowest:g} "
                "that it should go down to; lower it"
            )
        return self
