"""Area under the ROC curve with its interval."""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.evaluation.metrics.effective_size import effective_cases
from medimage.evaluation.metrics.estimate import Estimate


def midranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the ranks from 1, tied values sharing their mean rank, in O(n log n)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse.reshape(-1)]


@dataclass(frozen=True, kw_only=True)
class Placements:
    """How far each image's share of pairs in the right order lies from that of all images.

    Attributes:
        area: Area under the ROC curve, in [0, 1].
        positive: Of each image of the positive class, shape [positives].
        negative: Of each other image, shape [negatives].
    """

    area: float
    positive: NDArray[np.float64]
    negative: NDArray[np.float64]


def placements(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> Placements:
    """Returns the placements of images among those of the other side, ties counting one half.

    They come from mid-ranks (Sun and Xu 2014, IEEE Signal Processing Letters 21:1389-1393).

    Args:
        scores: Score of each image, higher for the positive class, shape [images].
        positive: Whether each image is of the positive class, shape [images].

    Raises:
        ValueError: If either side has no image.
    """
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if positives == 0 or negatives == 0:
        raise ValueError(f"Expected images of both sides but got {positives} positive and {negatives} negative")
    ranks = midranks(scores)
    of_positives = (ranks[positive] - midranks(scores[positive])) / negatives
    of_negatives = 1 - (ranks[~positive] - midranks(scores[~positive])) / positives
    area = float(of_positives.mean())
    return Placements(area=area, positive=of_positives - area, negative=of_negatives - area)


def variance_of_placements(
    of_positives: NDArray[np.float64],
    of_negatives: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: NDArray[np.int64],
) -> float:
    """Returns the variance of an area, or of the difference of two areas, where the differences are given.

    It is that of Obuchowski for clustered data (1997, Biometrics 53:567-578); where every image is its own group it is
    that of DeLong, DeLong and Clarke-Pearson (1988, Biometrics 44:837-845).

    Args:
        of_positives: Placements of the positive images, less their mean, shape [positives].
        of_negatives: The same of the others, shape [negatives].
        positive: Whether each image is of the positive class, shape [images].
        groups: Group of each image as an integer from 0, shape [images].

    Returns:
        NaN with fewer than two groups on either side.
    """
    _, codes = np.unique(groups, return_inverse=True)
    codes = codes.reshape(-1)
    count = int(codes.max()) + 1
    positives, negatives = len(of_positives), len(of_negatives)
    positive_sums = np.bincount(codes[positive], weights=of_positives, minlength=count)
    negative_sums = np.bincount(codes[~positive], weights=of_negatives, minlength=count)
    positive_groups, negative_groups = len(np.unique(codes[positive])), len(np.unique(codes[~positive]))
    if positive_groups < 2 or negative_groups < 2:
        return math.nan
    positive_part = positive_groups / (positive_groups - 1) * float(positive_sums @ positive_sums) / positives**2
    negative_part = negative_groups / (negative_groups - 1) * float(negative_sums @ negative_sums) / negatives**2
    covariance = count / (count - 1) * float(positive_sums @ negative_sums) / (positives * negatives)
    return max(0.0, positive_part + negative_part + 2 * covariance)


def newcombe_interval(
    area: float, *, positives: float, negatives: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Returns a score interval of the area, which stays honest where no pair is in the wrong order.

    Method 5 of Newcombe (2006, Stat Med 25:559-573): the areas whose distance from the estimate is at most z standard
    errors, the standard error being that of Hanley and McNeil at the area in question, both sides given their mean
    size in its inner terms.

    Args:
        area: Estimated area, in [0, 1].
        positives: Independent cases of the positive class, at least 1; need not be whole.
        negatives: Independent cases of the other classes, at least 1; need not be whole.
        confidence: Two-sided confidence level.
    """
    if positives < 1 or negatives < 1 or not 0 <= area <= 1:
        raise ValueError(f"Expected an area in [0, 1] of some cases but got {area} of {positives} and {negatives}")
    z = float(scipy.special.ndtri(0.5 + confidence / 2))
    size = (positives + negatives) / 2 - 1

    def beyond(candidate: float) -> float:
        spread = 1 + size * ((1 - candidate) / (2 - candidate) + candidate / (1 + candidate))
        return (candidate - area) ** 2 - z * z * candidate * (1 - candidate) * spread / (positives * negatives)

    nearly = 1e-12
    low = 0.0 if area <= nearly else cast(float, scipy.optimize.brentq(beyond, 0.0, min(area, 1 - nearly)))
    high = 1.0 if area >= 1 - nearly else cast(float, scipy.optimize.brentq(beyond, max(area, nearly), 1.0))
    return low, high


def estimate_auroc(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Estimates the area under the ROC curve of one class against the rest.

    The interval is DeLong's (Obuchowski's where groups repeat) on the logit scale, which keeps it inside [0, 1] (Qin
    and Hotilovac 2008, Stat Methods Med Res 17:207-221), widened to Newcombe's score interval for as many cases as
    each side is worth (`effective_cases`): with few or no pairs in the wrong order, DeLong's variance approaches zero
    and claims certainty, and where few groups hold many of the images, it rests on these few.

    Args:
        scores: Score of each image, higher for the class, shape [images].
        positive: Whether each image is of the class, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        confidence: Two-sided confidence level.

    Returns:
        NaN with a reason where either side has no image. `groups` counts the smaller side's independent cases.
    """
    positive_cases, negative_cases = len(np.unique(groups[positive])), len(np.unique(groups[~positive]))
    cases = min(positive_cases, negative_cases)
    if cases == 0:
        side = "of this class" if positive_cases == 0 else "of any other class"
        return Estimate.undefined(f"no test image {side}", n=len(scores), groups=0)
    placed = placements(scores, positive)
    area = placed.area
    variance = variance_of_placements(placed.positive, placed.negative, positive, groups)
    low, high = newcombe_interval(
        area,
        positives=effective_cases(placed.positive, groups[positive]),
        negatives=effective_cases(placed.negative, groups[~positive]),
        confidence=confidence,
    )
    method = "Newcombe"
    if 0 < area < 1 and variance > 0:
        half = float(scipy.special.ndtri(0.5 + confidence / 2)) * math.sqrt(variance) / (area * (1 - area))
        centre = float(scipy.special.logit(area))
        low = min(low, float(scipy.special.expit(centre - half)))
        high = max(high, float(scipy.special.expit(centre + half)))
        repeats = len(np.unique(groups)) < len(groups)
        method = f"{'Obuchowski' if repeats else 'DeLong'} (logit) and Newcombe, the wider"
    return Estimate(value=area, low=min(low, area), high=max(high, area), n=len(scores), groups=cases, method=method)
