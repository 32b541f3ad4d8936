"""The training recipe: two stages, and what they share."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.augmentation import AugmentationConfig
from medimage.config.early_stopping import EarlyStoppingConfig
from medimage.config.numbers import Positive
from medimage.config.schedule import ScheduleConfig
from medimage.config.section import Section
from medimage.config.stage import StageConfig

ClassWeights = Literal["auto", "none"] | dict[str, Positive]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]


class TrainingConfig(Section):
    """How a network is trained."""

    strategy: Literal["two_stage", "head_only", "full"] = "two_stage"
    """`two_stage`: stage 1, then stage 2; `head_only`: stage 1 alone; `full`: stage 2 alone."""

    stage1: StageConfig = StageConfig(epochs=5, trainable="head", optimizer="adam", learning_rate=1e-4)
    """The head, with the backbone frozen and in evaluation mode."""

    stage2: StageConfig = StageConfig(
        epochs=15,
        optimizer="adamw",
        learning_rate=3e-5,
        backbone_learning_rate=5e-6,
        weight_decay=0.01,
        schedule=ScheduleConfig(name="cosine", minimum=1e-7),
        early_stopping=EarlyStoppingConfig(patience=5),
    )
    """Everything, or the last blocks."""

    batch_size: Annotated[int, Field(ge=2)] | None = None
    """Batch size of every model; see `batch_sizes` for the order in which it is looked up."""

    batch_sizes: dict[str, Annotated[int, Field(ge=2)]] = Field(default={})
    """Batch size by model name; before `data.batch_size`, `batch_size`, the architecture's default, and 32."""

    accumulation: Annotated[int, Field(ge=1)] = 1
    """Batches whose gradients are added up before a step."""

    gradient_clip: Positive | None = None
    """Largest norm of the gradient; not clipped when not given."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the target that is spread over all classes."""

    class_weights: ClassWeights = "none"
    """Weight of each class in the loss: inverse frequency (`auto`), none, or given by class name."""

    augmentation: AugmentationConfig = AugmentationConfig()

    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the forward pass; `auto` is bf16 where the device computes in it, else fp32."""

    device: DeviceName = "auto"
    """Device to train and to predict on; `auto` takes an accelerator if there is one."""

    deterministic: bool = True
    """Use only algorithms that give the same result on every run."""

    @model_validator(mode="after")
    def _something_is_trained(self) -> Self:
        epochs = {
            "two_stage": self.stage1.epochs + self.stage2.epochs,
            "head_only": self.stage1.epochs,
            "full": self.stage2.epochs,
        }[self.strategy]
        if epochs == 0:
            raise ValueError(f"strategy {self.strategy!r} trains for 0 epochs: raise stage1.epochs or stage2.epochs")
        return self

    def for_stage(self, stage: Literal[1, 2]) -> Self:
        """Returns the recipe with the other stage's settings at their defaults.

        A stage's result does not depend on the other stage's settings, so neither may its cache key.
        """
        other = "stage2" if stage == 1 else "stage1"
        return self.model_copy(update={other: type(self).model_fields[other].default})
