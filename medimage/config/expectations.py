"""What the records of a data set must look like, and which of it stops a run."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.section import Section

RuleName = Literal[
    "values_present",
    "known_labels",
    "unique_names",
    "unique_images",
    "enough_images",
    "balanced_classes",
    "plausible_size",
    "plausible_shape",
    "expected_mode",
    "intensities",
    "intensities_by_origin",
    "intensities_by_class",
    "intensities_by_part",
]
Share = Annotated[float, Field(gt=0, le=1)]


class ExpectationsConfig(Section):
    """Bounds of the Great Expectations suite on the record table."""

    critical: tuple[RuleName, ...] = (
        "values_present",
        "known_labels",
        "unique_names",
        "unique_images",
        "enough_images",
    )
    """Rules that stop the run where the data do not meet them; the others are findings. Default: those without which
    a label, a split or an interval means nothing. The rest can be harmless, and a person has to look."""

    imbalance_ratio: Annotated[float, Field(ge=1)] = 5.0
    """Largest ratio between the sizes of two classes. Default: that of the gate, which looks at training images and
    at class weights as well; known here before anything is trained."""

    smallest_side: Annotated[int, Field(ge=1)] = 32
    """Smallest width and height, in pixels. Default: the smallest input of any network here; what is smaller was
    shrunk by someone."""

    largest_side: Annotated[int, Field(ge=1)] = 8192
    """Largest width and height, in pixels. Default: detectors end at about 6,000; what is larger was scanned from film
    or stitched."""

    aspect_ratio: Annotated[float, Field(ge=1)] = 3.0
    """Largest ratio between the sides of an image. Default: images are resized to a square, which squeezes more than
    three to one beyond recognition."""

    modes: Literal["auto"] | tuple[str, ...] = "auto"
    """Pillow's modes that files may have. `auto`: L and RGB for gray networks, because gray images are often stored
    with three equal channels; RGB for color ones, because a gray image among them has another origin."""

    intensity_share: Annotated[float, Field(ge=0.5, le=1)] = 0.99
    """Share of images that must lie within the range of the training images, for each measure of intensity. Where a
    train part is given, all images are held against it. After the split, the validation and the test images are held
    against the training part; there, fewer count only where chance does not explain it. At least a half: the range
    holds the quartiles that `intensity_margin` is measured by."""

    intensity_margin: Annotated[float, Field(ge=0)] = 1.0
    """How far the range reaches beyond the training images' own quantiles, in interquartile ranges. Default: where only
    20 images are known, their extremes lie 1.9 standard deviations from the mean (normal distribution); one
    interquartile range (1.35) more makes 3.2, beyond which lies one new image of a thousand."""

    group_share: Share = 0.9
    """Share of the images of one origin, one class or one given part that must lie within the range of the others.
    Default: a single odd image must not accuse a scanner, and another intensity scale moves most of its images."""

    group_images: Annotated[int, Field(ge=5)] = 20
    """Images from which an origin, a class or a given part is looked at on its own. Default: 18 of 20 are the share
    above, so that two odd ones among them say nothing."""

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Self:
        if self.smallest_side > self.largest_side:
            raise ValueError(f"smallest_side {self.smallest_side} is above largest_side {self.largest_side}")
        if self.modes != "auto" and not self.modes:
            raise ValueError("modes is empty: name at least one, or use auto")
        return self
