"""What counts as drift."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DriftSettings:
    """The thresholds.

    A column counts as drifted where both hold: the difference is no chance, at a level that is divided among the
    columns (Bonferroni: the chance of one false alarm or more among all is at most `level`, however they hang together;
    half of it is for all coordinates of the embeddings together, which see most: weights fixed beforehand keep this,
    Rosenthal and Rubin 1983, Biometrika 70:461), and it is large enough to matter. The second keeps 100,000 rows from
    alarming over nothing.

    Attributes:
        level: Chance of a false alarm among all columns together, in (0, 1).
        smallest_distance: Smallest difference of two distributions of numbers that matters, as the largest distance of
            their cumulative shares. A shift by a quarter of a standard deviation has 0.1: just above what is called
            small (Cohen 1988, Statistical Power Analysis, 2nd edition, section 2.2).
        smallest_share: Smallest difference of a share that matters.
        fewest_rows: With fewer images there is no verdict.
        images_per_case: Images that are worth one, at least 1: as many as a patient has on average. Images of one
            patient are alike, so tests that took each for itself would alarm too often; this takes them for the same
            (the design effect of Kish 1965, Survey Sampling, section 5.4, at its largest where patients have equally
            many).
    """

    level: float = 0.01
    smallest_distance: float = 0.1
    smallest_share: float = 0.05
    fewest_rows: int = 50
    images_per_case: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError(f"Expected a level between 0 and 1 but got {self.level}")
        if not 0 <= self.smallest_distance <= 1 or not 0 <= self.smallest_share <= 1:
            raise ValueError(
                f"Expected smallest differences from 0 to 1 but got {self.smallest_distance} and {self.smallest_share}"
            )
        if self.fewest_rows < 2:
            raise ValueError(f"Expected at least 2 rows for a verdict but got {self.fewest_rows}")
        if not 1 <= self.images_per_case < float("inf"):
            raise ValueError(f"Expected at least 1 image for each patient but got {self.images_per_case}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)
