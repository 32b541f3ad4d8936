"""What the images were normalised with that pretrained weights were trained on."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from medimage.config.section import Section

Mean = Annotated[float, Field(ge=0, le=1)]
Deviation = Annotated[float, Field(gt=0, le=1)]


class PretrainedStatistics(Section):
    """Mean and standard deviation of pixels scaled to [0, 1], of one channel or of each of three."""

    mean: tuple[Mean, ...]
    """Mean of each channel, such as `[0.5, 0.5, 0.5]`, or one for all."""

    std: tuple[Deviation, ...]
    """What pixels are divided by: the standard deviation of each channel, or one for all; 1 where it was not used."""

    @model_validator(mode="after")
    def _channels_are_those_of_images(self) -> Self:
        if len(self.mean) != len(self.std) or len(self.mean) not in (1, 3):
            raise ValueError(
                f"expected 1 or 3 values in each of mean and std but got {len(self.mean)} and {len(self.std)}"
            )
        return self
