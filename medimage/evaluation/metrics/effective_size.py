"""How many independent images a set of repeated images is worth."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

_NO_SPREAD = 1e-12
"""Standard deviation of values that differ by rounding alone."""


@dataclass(frozen=True, kw_only=True)
class Clustering:
    """How images of groups repeat each other.

    Attributes:
        images: Number of images.
        copies: Number of independent images if those of a group are copies of each other.
        design_effect: Images that are worth one independent image; None where `copies` is all that can be said.
    """

    images: int
    copies: float
    design_effect: float | None

    def effective_size(self, confidence: float) -> float:
        """Returns the number of independent images that these are worth; see `effective_sample_size`."""
        if self.design_effect is None:
            return self.copies
        quantile = 0.5 + confidence / 2
        # Below two effective groups the quantile of Student's t grows without bound; `copies` limits the result anyway.
        of_images, of_copies = scipy.special.stdtrit([self.images - 1, max(self.copies - 1, 1.0)], quantile)
        few_groups = float(of_images / of_copies) ** 2
        return min(float(self.images), max(self.copies, self.images / self.design_effect * few_groups))


def effective_sample_size(hits: NDArray[np.bool_], groups: NDArray[np.int64], *, confidence: float) -> float:
    """Returns the number of independent images that tell as much about a rate as these do.

    Images of one patient tend to be right or wrong together, so n images are worth n / (design effect). The design
    effect is the larger of two:

    - that of the ratio estimator over groups (Rao and Scott 1992, Biometrics 48:577-585), which also sees that large
      groups are right more or less often than small ones;
    - 1 + (M - 1) ICC, where M = (sum m^2) / (sum m) for group sizes m (Kish 1965, Survey Sampling) and the intraclass
      correlation ICC is the analysis of variance's (Ridout, Demetrio and Firth 1999, Biometrics 55:137-148). Where a
      few groups hold many of the images, the first one rests on whether just these were right; this one does not.

    The correction for few groups is that of Korn and Graubard (1998, Survey Methodology 24:193-201).

    Two points are our own, and conservative. A set with few errors says little about how errors cluster, and one
    without errors nothing at all: therefore one group that is wholly right and one that is wholly wrong, of the size
    of a typical image's group, are added while the design effects are estimated (in the spirit of Agresti and Coull
    1998). And the degrees of freedom are those of the groups weighted by size. The result lies between (sum m)^2 /
    (sum m^2), where images of a group are copies of each other, and n, where they are independent.

    How often the limits made of it are wrong is simulated by `python -m benchmarks run gate_coverage`. They are too
    narrow where a few large groups are right or wrong as a whole, and far less often right than small ones: with 20
    images of each of 5 in 100 patients, recognised in 60 % of these and in 98 % of others, the lower limit is above the
    true rate in 6 to 12 % of test sets, because in these all large groups happen to be right and nothing tells.

    Args:
        hits: Whether each image counts as a success, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        confidence: Two-sided confidence level of the interval that the size is for.

    Raises:
        ValueError: If there is no image.
    """
    return clustering_of(hits, groups).effective_size(confidence)


def worth_as_copies(groups: NDArray[np.int64]) -> float:
    """Returns how many independent images these are worth if those of a group are copies: (sum m)^2 / (sum m^2).

    Args:
        groups: Group of each image as an integer, shape [images], one or more.
    """
    sizes = np.unique(groups, return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes @ sizes))


def clustering_of(hits: NDArray[np.bool_], groups: NDArray[np.int64]) -> Clustering:
    """Returns how images of groups repeat each other; arguments and errors are those of `effective_sample_size`."""
    images = len(hits)
    if images == 0 or len(groups) != images:
        raise ValueError(f"Expected hits and groups of some images but got {images} and {len(groups)}")
    sizes = np.bincount(groups)
    right = np.bincount(groups, weights=hits)[sizes > 0]
    sizes = sizes[sizes > 0].astype(np.float64)
    copies = images**2 / float(sizes @ sizes)
    if copies >= images or len(sizes) == 1:
        return Clustering(images=images, copies=copies, design_effect=None)
    typical = float(sizes @ sizes) / images
    padded_right, padded_sizes = np.append(right, [typical, 0.0]), np.append(sizes, [typical, typical])
    design_effect = max(
        _of_ratio_estimator(padded_right, padded_sizes),
        1 + (typical - 1) * intraclass_correlation(padded_right, padded_sizes),
    )
    return Clustering(images=images, copies=copies, design_effect=design_effect)


def effective_cases(values: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """Returns how many independent images tell as much about a mean as these do, but no more than there are groups.

    n / (1 + (M - 1) ICC), with M and the intraclass correlation as in `effective_sample_size`. As there, two groups of
    the size of a typical image's group are added while the correlation is estimated, here two standard deviations
    above and below the mean: few groups tell badly how alike their images are.

    Args:
        values: What is averaged, shape [images], one or more.
        groups: Group of each image as an integer, shape [images].
    """
    _, codes, counts = np.unique(groups, return_inverse=True, return_counts=True)
    sizes = counts.astype(np.float64)
    images, copies = len(values), worth_as_copies(groups)
    spread = float(values.std())
    # Where all are equal, as where every pair is in the right order, nothing tells images of a group from copies.
    if len(sizes) in (1, images) or spread < _NO_SPREAD:
        return copies
    typical = images / copies
    centred = values - values.mean()
    sums, squares = (np.bincount(codes.reshape(-1), weights=each) for each in (centred, centred**2))
    correlation = intraclass_correlation(
        np.append(sums, [2 * spread * typical, -2 * spread * typical]),
        np.append(sizes, [typical, typical]),
        squares=np.append(squares, [4 * spread**2 * typical] * 2),
    )
    return min(float(len(sizes)), max(copies, images / (1 + (typical - 1) * correlation)))


def intraclass_correlation(
    sums: NDArray[np.float64], sizes: NDArray[np.float64], *, squares: NDArray[np.float64] | None = None
) -> float:
    """Returns how alike the images of a group are, from 0 (not more than any) to 1 (all right or all wrong together).

    The estimator of the one-way analysis of variance (Ridout, Demetrio and Firth 1999, Biometrics 55:137-148), cut off
    below 0.

    Args:
        sums: Sum of the values of each group, such as its successes, shape [groups], two groups or more.
        sizes: Images of each group, shape [groups], above 1 in one of them.
        squares: Sum of the squared values of each group; the sums themselves where the values are 0 and 1.
    """
    images, groups = float(sizes.sum()), len(sizes)
    mean = float(sums.sum()) / images
    between = float((sizes * (sums / sizes - mean) ** 2).sum()) / (groups - 1)
    within = float(((sums if squares is None else squares) - sums**2 / sizes).sum()) / (images - groups)
    size = (images - float(sizes @ sizes) / images) / (groups - 1)
    spread = between + (size - 1) * within
    return max(0.0, (between - within) / spread) if spread > 0 else 1.0


def _of_ratio_estimator(right: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    images, groups = float(sizes.sum()), len(sizes)
    rate = float(right.sum()) / images
    variance = groups / (groups - 1) * float(((right - rate * sizes) ** 2).sum()) / images**2
    return variance / (rate * (1 - rate) / images)
