"""What a registered version came from, beyond its hashes: images, predictions, and the champion before it."""

from dataclasses import dataclass
from typing import Literal

from medimage.registry.seen_images import SeenImages
from medimage.registry.version_tags import COMPARISON, NOT_BETTER

PREDICTIONS, COMPARED_WITH = "test_predictions", "compared_with"
"""Tags of a version."""

_LONGEST_REASON = 2000
"""A tag of a version holds 5,000 characters (mlflow.store.model_registry.dbmodels)."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """What others must know to judge a version fairly, and to know it again.

    Attributes:
        images: Images that it was trained and validated on.
        predictions: Hash of its network's predictions on its test images (`Predictions.content_hash`): a run whose
            model has the same is that version's own, again.
        compared_with: Number of the version that was the champion when it was judged; None where there was none.
        comparison: What `gate.champion.comparison` was: where it is required, who promotes the version later is held to
            it as well.
        not_better: Why it is not shown to be better than that champion; empty where it is, or nobody asked.
    """

    images: SeenImages
    predictions: str
    compared_with: int | None = None
    comparison: Literal["require", "show", "off"] = "require"
    not_better: str = ""

    def to_tags(self) -> dict[str, str]:
        """Returns what the version's tags say of it; the images lie in a file of their own."""
        compared = {} if self.compared_with is None else {COMPARED_WITH: str(self.compared_with)}
        not_better = {NOT_BETTER: self.not_better[:_LONGEST_REASON]} if self.not_better else {}
        return {PREDICTIONS: self.predictions, COMPARISON: self.comparison, **compared, **not_better}
