"""What a training step is told beside its recipe: how it is watched and kept, which changes nothing in its model."""

from typing import Self

from pydantic import BaseModel, ConfigDict
from zenml import get_step_context
from zenml.steps import BaseStep

from medimage.config.delivery import TrackingConfig

_KEY = "circumstances"


class Circumstances(BaseModel):
    """Settings that are no part of a step's cache key, so that other ones do not train a model again.

    ZenML hashes the parameters of a step, and neither reads nor hashes what is given to it as `extra`.

    Attributes:
        tracking: Where training is logged, beside MLflow.
        experiment: MLflow experiment.
        checkpoints: Whether the state after every epoch is kept until the stage is over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tracking: TrackingConfig
    experiment: str
    checkpoints: bool

    def given_to(self, step: BaseStep) -> BaseStep:
        """Returns a step that finds them when it runs."""
        return step.with_options(extra={_KEY: self.model_dump(mode="json")})

    @classmethod
    def of_current_step(cls) -> Self:
        """Returns those of the step that runs."""
        return cls.model_validate(get_step_context().step_run.config.extra[_KEY])
