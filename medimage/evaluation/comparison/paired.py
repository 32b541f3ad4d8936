"""Two models on the same images: what they differ in, and how sure that is."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from scipy.stats import binomtest

from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.metrics.cluster_bootstrap import (
    group_codes,
    percentile_limits,
    resampled_totals,
    strata_by_label,
    totals_by_group,
)
from medimage.evaluation.metrics.estimate import nan_if_none, none_if_nan


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """How much better one model is than another on the same test images.

    Attributes:
        value: Difference of their balanced accuracies.
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

    Both models' answers on a group are drawn together or not at all, so that what the images have in common cancels
    out. The interval has the confidence level of the first evaluation.

    Args:
        first: One model.
        second: The other, on the same test images.
        resamples: Bootstrap resamples of whole groups.
        seed: Seed of the draws.

    Raises:
        ValueError: If the two were not judged on the same images in the same order.
    """
    if first.test.image_ids != second.test.image_ids or first.classes != second.classes:
        raise ValueError("Expected two models that were judged on the same images and classes, in the same order")
    labels, codes = first.test.labels, group_codes(first.test.groups)
    right = [evaluation.probabilities().argmax(axis=1) == labels for evaluation in (first, second)]
    gain = right[0].astype(np.float64) - right[1]
    classes = len(first.classes)
    of_class = np.eye(classes)[labels]
    totals = totals_by_group(np.column_stack([of_class * gain[:, None], of_class]), codes)

    def balanced(sums: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.nanmean(sums[:, :classes] / sums[:, classes:], axis=1)

    value = float(balanced(totals.sum(axis=0, keepdims=True))[0])
    low = high = math.nan
    if codes.max() > 0:
        drawn = resampled_totals(totals, strata=strata_by_label(labels, codes), resamples=resamples, seed=seed)
        low, high = percentile_limits(balanced(drawn), confidence=first.confidence)
    only_first, only_second = int((gain > 0).sum()), int((gain < 0).sum())
    independent = int(codes.max()) + 1 == len(labels)
    return PairedDifference(
        value=value,
        low=low,
        high=high,
        only_first=only_first,
        only_second=only_second,
        mcnemar=_mcnemar(only_first, only_second) if independent else math.nan,
    )


def _mcnemar(only_first: int, only_second: int) -> float:
    """Returns the exact p value: under equal error rates, each discordant image is a fair coin.

    Source: McNemar (1947), Psychometrika 12:153-157; exact as in Agresti (2013), Categorical Data Analysis, 11.1.
    """
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0
