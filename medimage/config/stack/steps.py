"""What the steps of all pipelines need: in general, by their class, and by their name."""

from typing import Final, Self

from pydantic import Field, ValidationError, model_validator

from medimage.config.section import Section
from medimage.config.stack.needs import StepNeeds
from medimage.config.stack.step_classes import STEP_CLASSES
from medimage.config.suggestions import did_you_mean, nearest_names

_START_MINUTES: Final = 20.0

_BELOW: Final = StepNeeds(
    apart=True,
    cpu=1,
    memory="4Gi",
    gpus=0,
    gpu_resource="nvidia.com/gpu",
    retries=1,
    start_minutes=_START_MINUTES,
    run_minutes=240,
)
"""What a step gets that no file says anything of. Every step has an end, so that no run waits for ever."""


class StepClasses(Section):
    """What the steps of a class need, where it is not what every step needs."""

    data: StepNeeds = StepNeeds()
    """Reading, auditing, dividing and decoding of images."""

    training: StepNeeds = StepNeeds()
    """Both stages of training, and the search for a batch size."""

    evaluation: StepNeeds = StepNeeds()
    """Answers on test images, explanations, the gate and reports."""

    export: StepNeeds = StepNeeds()
    """Graphs, their parity and latency."""

    delivery: StepNeeds = StepNeeds()
    """Registration and packaging."""


class StepsConfig(Section):
    """What each step needs; the nearest level that says something counts: name, class, default."""

    default: StepNeeds = StepNeeds()
    """What every step needs."""

    by_class: StepClasses = StepClasses()
    """What the steps of a class need."""

    by_name: dict[str, StepNeeds] = Field(default={})
    """What single steps need, by their name, such as `train_stage2`."""

    def needs_of(self, step: str) -> StepNeeds:
        """Returns all that a step needs; a step of no class needs what every step does.

        Args:
            step: Name of the step, without its fold or candidate.
        """
        step_class = STEP_CLASSES.get(step)
        of_class: StepNeeds = StepNeeds() if step_class is None else getattr(self.by_class, step_class)
        said = self.by_name.get(step, StepNeeds()).over(of_class.over(self.default))
        below = _BELOW
        if said.start_minutes is None and said.run_minutes is not None:
            below = _BELOW.model_copy(update={"start_minutes": min(said.run_minutes, _START_MINUTES)})
        return said.over(below)

    def by_place(self) -> list[tuple[str, StepNeeds]]:
        """Returns what the file says, with where it says it."""
        classes = [(f"steps.by_class.{name}", getattr(self.by_class, name)) for name in StepClasses.model_fields]
        names = [(f"steps.by_name.{name}", needs) for name, needs in self.by_name.items()]
        return [("steps.default", self.default), *classes, *names]

    @model_validator(mode="after")
    def _names_are_of_steps(self) -> Self:
        for name in self.by_name:
            if name not in STEP_CLASSES:
                raise ValueError(
                    f"by_name.{name}: no pipeline has such a step{did_you_mean(nearest_names(name, STEP_CLASSES))}"
                )
        for name in STEP_CLASSES:
            try:
                self.needs_of(name)
            except ValidationError as error:
                (first, *_) = error.errors()
                reason = first.get("ctx", {}).get("error", first["msg"])
                raise ValueError(f"taken together, the needs of {name} do not fit: {reason}") from error
        return self
