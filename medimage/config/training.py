"""The training recipe: two stages, and what they share."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.augmentation import AugmentationConfig
from medimage.config.early_stopping import EarlyStoppingConfig
from medimage.config.mixing import MixingConfig
from medimage.config.numbers import Positive
from medimage.config.schedule import ScheduleConfig
from medimage.config.section import Section
from medimage.config.stage import StageConfig

ClassWeights = Literal["auto", "none"] | dict[str, Positive]
CompileSetting = Literal["auto", "on", "off"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]
PrecisionName = Literal["auto", "fp32", "bf16", "fp16"]
StageNumber = Literal[1, 2]


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

    batch_size: Annotated[int, Field(ge=2)] | Literal["auto"] | None = None
    """Batch size of every model; see `batch_sizes` for the order in which it is looked up. `auto` tries real steps on
    the machine that trains and takes the largest power of two that fits, up to 256 and a tenth of the training
    images."""

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

    sampling: Literal["shuffled", "balanced"] = "shuffled"
    """Images of an epoch: every one once (`shuffled`), or as many draws with replacement that take each class equally
    often (`balanced`)."""

    augmentation: AugmentationConfig = AugmentationConfig()

    mixing: MixingConfig | None = None
    """MixUp and CutMix; nothing is mixed when not given, nor in a stage with `feature_views`. Training accuracy then
    counts a mixed image as the class with the largest share in it."""

    weight_average: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Decay of an exponential moving average of the weights, such as 0.999, which is then what is validated, chosen and
    returned; it starts lower and grows with the steps. The weights themselves when not given."""

    precision: PrecisionName = "auto"
    """Arithmetic of the forward pass; `auto` is bf16 where the device computes in it, else fp32. `fp16` scales the
    gradients; where images overflow in it, training goes on in fp32."""

    device: DeviceName = "auto"
    """Device to train and to predict on; `auto` takes an accelerator if there is one."""

    deterministic: bool = True
    """Use only algorithms that give the same result on every run."""

    compile: CompileSetting = "auto"
    """Compile the network with torch.compile before training. `auto` does so where it pays: on an NVIDIA GPU, in a
    stage of at least 2,500 steps, never on a CPU."""

    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that train together, each on its share of every batch and, on CUDA, on a GPU of its own. The batch size
    is that of all together, so the result is that of one process, but for rounding. Memory that runs out ends the
    training, where one process would go on in smaller batches: set `batch_size` and `accumulation`."""

    checkpoints: bool = True
    """Keep the state after every epoch until the stage is over, so that the same command, started again after the run
    was killed, goes on after the last epoch."""

    @property
    def trained_stages(self) -> tuple[StageNumber, ...]:
        """The stages that the strategy has and that last for at least one epoch."""
        stages: dict[str, tuple[StageNumber, ...]] = {"two_stage": (1, 2), "head_only": (1,), "full": (2,)}
        return tuple(stage for stage in stages[self.strategy] if self.stage(stage).epochs > 0)

    def stage(self, number: StageNumber) -> StageConfig:
        """Returns the recipe of one stage."""
        return self.stage1 if number == 1 else self.stage2

    @model_validator(mode="after")
    def _something_is_trained(self) -> Self:
        if not self.trained_stages:
            raise ValueError(f"strategy {self.strategy!r} trains for 0 epochs: raise stage1.epochs or stage2.epochs")
        return self

    @model_validator(mode="after")
    def _classes_are_evened_out_once(self) -> Self:
        if self.sampling == "balanced" and self.class_weights != "none":
            raise ValueError(
                "sampling: balanced and class_weights both make up for unequal classes, so that rare ones would count "
                "twice: use one of them"
            )
        return self

    @property
    def evening_out(self) -> ClassWeights:
        """How unequal classes are made up for, as class weights: balanced sampling does what `auto` does."""
        return "auto" if self.sampling == "balanced" else self.class_weights

    def for_stage(self, stage: StageNumber) -> Self:
        """Returns the recipe with the other stage's settings at their defaults.

        A stage's result does not depend on the other stage's settings, so neither may its cache key.
        """
        other = "stage2" if stage == 1 else "stage1"
        return self.model_copy(update={other: type(self).model_fields[other].default})
