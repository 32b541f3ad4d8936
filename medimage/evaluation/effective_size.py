"""How many independent images a set of repeated images is worth."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit


def effective_sample_size(hits: NDArray[np.bool_], groups: NDArray[np.int64], *, confidence: float) -> float:
    """Returns the number of independent images that tell as much about a rate as these do.

    Images of one patient tend to be right or wrong together, so n images are worth n / (design effect). The design
    effect is that of the ratio estimator over groups (Rao and Scott 1992, Biometrics 48:577-585) with the correction
    for few groups of Korn and Graubard (1998, Survey Methodology 24:193-201), used with Wilson's interval as
    compared by Saha, Miller and Wang (2016, Int J Biostat 12).

    Two points are our own, and conservative. A set with few errors says little about how errors cluster, and one
    without errors nothing at all: therefore one group that is wholly right and one that is wholly wrong, of the size
    of a typical image's group, are added while the design effect is estimated (in the spirit of Agresti and Coull
    1998). And the degrees of freedom are those of the groups weighted by size. The result lies between (sum m)^2 /
    (sum m^2) for group sizes m, where images of a group are copies of each other, and n, where they are independent.
    In simulations with sizes of 1 to 8 and any correlation, the lower 95 % limit then exceeded the true rate in 0 to
    4 % of test sets; Wilson's interval on the images alone did so in up to 20 %.

    Args:
        hits: Whether each image counts as a success, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        confidence: Two-sided confidence level of the interval that the size is for.

    Raises:
        ValueError: If there is no image.
    """
    images = len(hits)
    if images == 0 or len(groups) != images:
        raise ValueError(f"Expected hits and groups of some images but got {images} and {len(groups)}")
    sizes = np.bincount(groups)
    right = np.bincount(groups, weights=hits)[sizes > 0]
    sizes = sizes[sizes > 0].astype(np.float64)
    copies = images**2 / float(sizes @ sizes)
    if copies >= images or len(sizes) == 1:
        return copies
    typical = float(sizes @ sizes) / images
    padded_images, padded_groups = images + 2 * typical, len(sizes) + 2
    rate = (float(right.sum()) + typical) / padded_images
    squares = float(((right - rate * sizes) ** 2).sum()) + typical**2 * (rate**2 + (1 - rate) ** 2)
    clustered_variance = padded_groups / (padded_groups - 1) * squares / padded_images**2
    design_effect = clustered_variance / (rate * (1 - rate) / padded_images)
    quantile = 0.5 + confidence / 2
    # Below two effective groups the quantile of Student's t grows without bound; `copies` limits the result anyway.
    few_groups = float(stdtrit(images - 1, quantile) / stdtrit(max(copies - 1, 1.0), quantile)) ** 2
    return min(float(images), max(copies, images / design_effect * few_groups))
