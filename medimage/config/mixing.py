"""Training images that are mixed with each other."""

from typing import Self

from pydantic import model_validator

from medimage.config.numbers import NonNegative, Probability
from medimage.config.section import Section


class MixingConfig(Section):
    """Training images mixed with others of their batch, and their labels with them."""

    mixup: NonNegative = 0.0
    """MixUp: the share of the other image is drawn from Beta(x, x); 0 is off, 0.2 is usual."""

    cutmix: NonNegative = 0.0
    """CutMix: the same for the area of a rectangle that is taken from the other image; 0 is off, 1 is usual."""

    probability: Probability = 1.0
    """Probability that a batch is mixed; with MixUp and CutMix both on, each is as likely."""

    @model_validator(mode="after")
    def _something_is_mixed(self) -> Self:
        if (self.mixup == 0 and self.cutmix == 0) or self.probability == 0:
            raise ValueError(
                "mixing mixes nothing: set mixup or cutmix, and probability, above 0, or leave the section out"
            )
        return self
