"""The training recipe: stages, optimizers, schedules, augmentation."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.section import Section

Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
ClassWeights = Literal["auto", "none"] | dict[str, Positive]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]


class AugmentationConfig(Section):
    """Random changes to training images, applied to whole batches on the training device."""

    horizontal_flip: Probability = 0.0
    """Probability of a left-right flip."""

    vertical_flip: Probability = 0.0
    """Probability of an upside-down flip."""

    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    """Largest rotation to either side, in degrees."""

    shift: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Largest shift in either direction, as a share of the image size."""

    scale: tuple[Positive, Positive] = (1.0, 1.0)
    """Smallest and largest zoom factor."""

    shear: Annotated[float, Field(ge=0, lt=90)] = 0.0
    """Largest horizontal shear to either side, in degrees."""

    random_resized_crop: tuple[Probability, Probability] | None = None
    """Smallest and largest share of the image area that a random crop keeps; none when not given."""

    brightness: NonNegative = 0.0
    """Brightness factor is drawn from [1 - x, 1 + x]."""

    contrast: NonNegative = 0.0
    """Contrast factor is drawn from [1 - x, 1 + x]."""

    saturation: NonNegative = 0.0
    """Saturation factor is drawn from [1 - x, 1 + x]; needs `data.color_mode: rgb` to have an effect."""

    @model_validator(mode="after")
    def _ranges_are_ordered(self) -> Self:
        for name, pair in (("scale", self.scale), ("random_resized_crop", self.random_resized_crop)):
            if pair is not None and pair[0] > pair[1]:
                raise ValueError(f"{name} must be [smallest, largest] but got {list(pair)}")
        if self.random_resized_crop is not None and self.random_resized_crop[0] <= 0:
            raise ValueError("random_resized_crop must keep more than none of the image")
        return self


class EarlyStoppingConfig(Section):
    """When a stage ends before its last epoch."""

    monitor: Literal["validation_loss", "validation_accuracy"] = "validation_loss"
    """Figure that must improve."""

    patience: Annotated[int, Field(ge=1)] = 5
    """Epochs without improvement after which the stage ends."""

    min_delta: NonNegative = 0.0
    """Smallest change that counts as improvement."""


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
