"""Two models on the same images: what they differ in, and how sure that is."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

from medimage.evaluation.comparison.mcnemar import mcnemar_of
from medimage.evaluation.comparison.paired_gain import PairedGain
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.estimate import nan_if_none, none_if_nan


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """How much better one model is than another on the same test images.

    Attributes:
        value: Difference of their balanced accuracies, over the classes that have images.
        low: Lower limit of its interval; NaN where all images are of one group.
        high: Upper limit.
        only_first: Images that the first one alone recognises.
        only_second: Images that the second one alone recognises.
        mcnemar: Exact two-sided p value of McNemar's test on these two counts; NaN where groups repeat, because it
            takes images as independent.
    """

    value: float
    low: float
    high: float
    only_first: int
    only_second: int
    mcnemar: float

    @property
    def is_distinguishable(self) -> bool:
        """Whether the interval leaves out 0; without one, nothing can be told apart."""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {name: none_if_nan(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds it from what `to_dict` gave."""
        numbers = {name: nan_if_none(values[name]) for name in ("value", "low", "high", "mcnemar")}
        return cls(**{**values, **numbers})


def paired_difference(first: Evaluation, second: Evaluation, *, resamples: int, seed: int) -> PairedDifference:
    """Compares the balanced accuracies of two models, image by image.

    The interval is that of `PairedGain.balanced_accuracy`, at the confidence level of the first evaluation.

    Args:
        first: One model.
        second: The other, on the same test images. Either may know classes that the images have none of.
        resamples: Bootstrap resamples of whole groups.
        seed: Seed of the draws.

    Raises:
        ValueError: If the two were not judged on the same images of the same classes in the same order.
    """
    truth, other_truth = ([each.classes[label] for label in each.test.labels.tolist()] for each in (first, second))
    if first.test.image_ids != second.test.image_ids or truth != other_truth:
        raise ValueError("Expected two models that were judged on the same images and classes, in the same order")
    labels, groups = first.test.labels, group_codes(first.test.groups)
    right = [each.probabilities().argmax(axis=1) == each.test.labels for each in (first, second)]
    gain = PairedGain.of(
        right[0], right[1], labels=labels, groups=groups, classes=len(first.classes), resamples=resamples, seed=seed
    )
    difference = gain.balanced_accuracy(first.confidence)
    has_interval = groups.max() > 0
    return PairedDifference(
        value=difference.value,
        low=difference.low if has_interval else math.nan,
        high=difference.high if has_interval else math.nan,
        only_first=int((gain.gain > 0).sum()),
        only_second=int((gain.gain < 0).sum()),
        mcnemar=mcnemar_of(gain.gain, groups),
    )
