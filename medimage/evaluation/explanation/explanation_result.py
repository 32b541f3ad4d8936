"""What a model looked at, and how far that can be believed."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medimage.wording import percent

CaseKind = Literal["wrong", "uncertain", "correct"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ExplainedCase:
    """One test image with its heat map.

    Attributes:
        image_id: SHA-256 of the image's encoded bytes.
        kind: Why it was chosen: predicted wrongly, or correctly with the least or the usual certainty.
        true_class: Its class.
        predicted_class: The class that the heat map explains.
        probability: Calibrated probability of that class, in [0, 1].
        pixels: uint8, shape [height, width, channels].
        heat_map: uint8, shape [height, width]; 255 where the class was supported most.
        deletion: Area under the probability as the most important pixels are taken away, in [0, 1]; low is faithful.
        insertion: Area under the probability as they are put back, in [0, 1]; high is faithful.
        random_deletion: The same for a random map.
        random_insertion: The same for a random map.
        hit: Whether the hottest pixel lies in a known lesion; None where no lesion is known.
        lesion_share: Share of the image that known lesions cover: how often a random point would hit.
    """

    image_id: str
    kind: CaseKind
    true_class: str
    predicted_class: str
    probability: float
    pixels: NDArray[np.uint8]
    heat_map: NDArray[np.uint8]
    deletion: float
    insertion: float
    random_deletion: float
    random_insertion: float
    hit: bool | None
    lesion_share: float | None

    def __post_init__(self) -> None:
        if self.heat_map.shape != self.pixels.shape[:2] or self.heat_map.dtype != np.uint8:
            raise ValueError(
                f"Expected a uint8 heat map of shape {list(self.pixels.shape[:2])} but got {self.heat_map.dtype} "
                f"{list(self.heat_map.shape)}"
            )
        if (self.hit is None) != (self.lesion_share is None):
            raise ValueError("Expected both hit and lesion_share, or neither")

    @property
    def caption(self) -> str:
        """What the picture shows, in words."""
        said = f"predicted {self.predicted_class} with probability {self.probability:.2f}"
        return f"{self.true_class}, {said} ({self.kind})"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Heat maps of a selection of test images, and their faithfulness.

    Attributes:
        cases: The images, by true class.
        method: Name of the method.
        advantage: Mean over the images of (insertion - deletion) minus the same of a random map; above 0 is faithful.
        advantage_low: Lower limit of its 95 % interval, by bootstrap over groups; NaN where there is one group only.
        advantage_high: Upper limit.
        missing_because: Why there is no case; empty where there are cases.
    """

    cases: tuple[ExplainedCase, ...]
    method: str
    advantage: float
    advantage_low: float
    advantage_high: float
    missing_because: str = ""

    def __post_init__(self) -> None:
        if self.cases and self.missing_because:
            raise ValueError(
                f"Expected either cases or a reason for none but got {len(self.cases)} and {self.missing_because!r}"
            )

    @property
    def hit_rate(self) -> float | None:
        """Share of images with known lesions whose hottest pixel lies in one; None where no lesion is known."""
        hits = [case.hit for case in self.cases if case.hit is not None]
        return sum(hits) / len(hits) if hits else None

    @property
    def random_hit_rate(self) -> float | None:
        """What a random point would reach on the same images."""
        shares = [case.lesion_share for case in self.cases if case.lesion_share is not None]
        return sum(shares) / len(shares) if shares else None

    def faithfulness(self) -> dict[str, str]:
        """Returns each measure with its value, in words."""
        if not self.cases:
            return {"No heat maps": self.missing_because} if self.missing_because else {}
        count = len(self.cases)
        interval = "no interval: all images are of one case"
        if math.isfinite(self.advantage_low):
            interval = f"{self.advantage_low:.3f} to {self.advantage_high:.3f}"

        def mean(name: str) -> str:
            return f"{sum(getattr(case, name) for case in self.cases) / count:.3f}"

        measures = {
            "Method": self.method,
            "Deletion (lower is better)": f"{mean('deletion')}; random map {mean('random_deletion')}",
            "Insertion (higher is better)": f"{mean('insertion')}; random map {mean('random_insertion')}",
            "Advantage over a random map": f"{self.advantage:.3f} ({interval}), n = {count}",
        }
        if self.hit_rate is not None and self.random_hit_rate is not None:
            known = sum(case.hit is not None for case in self.cases)
            measures["Hottest pixel inside a known lesion"] = (
                f"{percent(self.hit_rate, decimals=0)} of {known}; a random point "
                f"{percent(self.random_hit_rate, decimals=0)}"
            )
        return measures
