"""Random changes to training images."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from medimage.config.numbers import NonNegative, Positive, Probability
from medimage.config.section import Section


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
