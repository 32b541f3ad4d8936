"""Which network is trained, and where its weights come from."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from medimage.config.pretrained_statistics import PretrainedStatistics
from medimage.config.section import Section

HeadName = Literal["linear", "medical", "dense"]
FlipName = Literal["horizontal_flip", "vertical_flip"]
Statistics = Literal["training", "pretrained"]


class ModelConfig(Section):
    """A backbone from the architecture table or from timm, with a classification head."""

    name: Annotated[str, Field(min_length=1)] = "resnet18"
    """A name of the architecture table, or any timm model name."""

    head: HeadName = "medical"
    """`linear`; `medical`: LayerNorm, dropout, 128 units; `dense`: 256 and 128 units with dropout."""

    input_size: Annotated[int, Field(ge=16, le=2048)] | None = None
    """Height and width the images are resized to; the architecture's own when not given."""

    pretrained: bool = True
    """Start from ImageNet weights of timm's hub; needs a network unless they are cached or `weights` is set."""

    weights: Path | None = None
    """Start from this safetensors file instead; its classifier is dropped."""

    normalization: Statistics | Literal["auto"] = "training"
    """Mean and standard deviation: measured on the training images, or those the weights were trained with; `auto`
    takes the one of both that the architecture table names."""

    pretrained_statistics: PretrainedStatistics | None = None
    """What `pretrained` takes where the weights were trained with others than timm says of the name, such as
    `{mean: [0.5], std: [0.5]}`. Where this is wrong, a frozen backbone sees images darker or flatter than they are."""

    normalization_file: Path | None = None
    """Mean and standard deviation that `medimage stats save` wrote, used where there is such a file; it must belong to
    the run's training images and input size. Measured when not given, or when there is no such file."""

    test_time_augmentation: tuple[FlipName, ...] = ()
    """Flips under which a trained network looks at an image a second time, every combination of them once; it answers
    with the mean of the probabilities. What is judged, exported and served does so alike, and takes two (one flip) or
    four (both) times as long. Only for images in which a mirrored one is as likely. None when empty."""

    options: dict[str, Any] = Field(default={})
    """Further keyword arguments of `timm.create_model`, such as `{drop_path_rate: 0.1}`."""

    @model_validator(mode="after")
    def _saved_statistics_are_those_of_training_images(self) -> Self:
        if self.normalization_file is not None and self.normalization == "pretrained":
            raise ValueError("normalization_file holds statistics of training images: set normalization to training")
        return self

    @model_validator(mode="after")
    def _given_statistics_are_used(self) -> Self:
        if self.pretrained_statistics is not None and self.normalization != "pretrained":
            raise ValueError(
                f"pretrained_statistics are used with normalization: pretrained, but it is {self.normalization}"
            )
        return self

    @model_validator(mode="after")
    def _flips_differ(self) -> Self:
        if len(set(self.test_time_augmentation)) < len(self.test_time_augmentation):
            raise ValueError(f"test_time_augmentation names a flip twice: {list(self.test_time_augmentation)}")
        return self

    @model_validator(mode="after")
    def _options_do_not_override_settings(self) -> Self:
        taken = {"pretrained", "num_classes", "in_chans", "checkpoint_path", "model_name"} & set(self.options)
        if taken:
            raise ValueError(f"options may not set {sorted(taken)}: the pipeline sets them itself")
        try:
            json.dumps(self.options, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"options must be plain, finite values but got {self.options}") from error
        return self

    def without_files_of_statistics(self) -> Self:
        """Returns the section without the file of saved statistics, whose values a run has as an artifact.

        Training depends on the values, so neither may its cache key depend on where they came from.
        """
        return self.model_copy(update={"normalization_file": None})
