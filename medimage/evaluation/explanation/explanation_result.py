"""What a model looked at, and how far that can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import MethodName
from medimage.data.box import Box
from medimage.evaluation.explanation.areas import Areas
from medimage.evaluation.explanation.explained_method import ExplainedMethod

CaseKind = Literal["wrong", "uncertain", "correct"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseMap:
    """One method's heat map of one image.

    Attributes:
        heat_map: uint8, shape [height, width]; 255 where the class was supported most, 0 everywhere where no place
            speaks for it.
        areas: What the probability does as pixels are taken away in the order of the map.
        random_areas: The same for a random map as coarse.
        hit: Whether the hottest pixel lies in a known lesion; None where no lesion is known.
    """

    heat_map: NDArray[np.uint8]
    areas: Areas
    random_areas: Areas
    hit: bool | None

    @property
    def is_empty(self) -> bool:
        """Whether no place speaks for the class."""
        return not self.heat_map.any()


@dataclass(frozen=True, kw_only=True, eq=False)
class ExplainedCase:
    """One test image with its heat maps.

    Attributes:
        image_id: SHA-256 of the image's encoded bytes.
        kind: Why it was chosen: predicted wrongly, or correctly with the least or the usual certainty.
        true_class: Its class.
        predicted_class: The class that the heat maps explain.
        probability: Calibrated probability of that class, in [0, 1].
        pixels: uint8, shape [height, width, channels].
        lesions: Where lesions are known to be, in pixels of the image.
        maps: Method → its map; the first one is shown where there is room for one.
    """

    image_id: str
    kind: CaseKind
    true_class: str
    predicted_class: str
    probability: float
    pixels: NDArray[np.uint8]
    lesions: tuple[Box, ...]
    maps: Mapping[MethodName, CaseMap]

    def __post_init__(self) -> None:
        if not self.maps:
            raise ValueError(f"Expected at least one heat map of image {self.image_id} but got none")
        for name, each in self.maps.items():
            if each.heat_map.shape != self.pixels.shape[:2] or each.heat_map.dtype != np.uint8:
                raise ValueError(
                    f"Expected a uint8 heat map of shape {list(self.pixels.shape[:2])} but got {each.heat_map.dtype} "
                    f"{list(each.heat_map.shape)} by {name}"
                )
            if (each.hit is None) == bool(self.lesions):
                raise ValueError(f"Expected a hit or a miss by {name} exactly where lesions are known")

    @property
    def caption(self) -> str:
        """What the picture shows, in words."""
        said = f"predicted {self.predicted_class} with probability {self.probability:.2f}"
        return f"{self.true_class}, {said} ({self.kind})"


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Heat maps of a selection of test images, and their faithfulness.

    Attributes:
        cases: The images, by true class.
        methods: The methods that were asked for, those without maps included.
        missing_because: Why there is no case; empty where there are cases.
    """

    cases: tuple[ExplainedCase, ...]
    methods: tuple[ExplainedMethod, ...]
    missing_because: str = ""

    def __post_init__(self) -> None:
        if bool(self.cases) == bool(self.missing_because):
            raise ValueError(
                f"Expected either cases or a reason for none but got {len(self.cases)} and {self.missing_because!r}"
            )
        names = [method.name for method in self.with_maps]
        if any(list(case.maps) != names for case in self.cases):
            raise ValueError(f"Expected maps by {names}, in that order, of every case")

    @property
    def with_maps(self) -> tuple[ExplainedMethod, ...]:
        """The methods that made maps."""
        return tuple(method for method in self.methods if not method.missing_because)
