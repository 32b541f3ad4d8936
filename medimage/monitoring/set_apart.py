"""Which images of a window are unlike those of the reference, where only a part of them is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.monitoring.kernel_test import PointSamples

_LIKE = 0.8
"""Share of the reference whose scores are below those of images that are set apart."""

_THRESHOLDS = np.linspace(0.2, 0.98, 40)
"""Shares of the reference below the thresholds at which a new part is estimated: further out, too few are left."""

_UPPER = 0.5
"""Thresholds from this one on tell how large a part is; lower ones tell more surely that all images have moved."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SetApart:
    """What is left of both where the images that look most like the window's are taken out.

    Attributes:
        reference: Whether an image of the reference is left, bool, shape [images of the reference].
        window: Whether an image of the window is left, bool, shape [images of the window].
        share: Share of the window that is like nothing in the reference, from 0 to 1.
        highest_share: The same from thresholds that most images of the reference are above as well, so that it is near
            1 where all images have moved a little, and varies more; not below `share`.
    """

    reference: NDArray[np.bool_]
    window: NDArray[np.bool_]
    share: float
    highest_share: float


def set_apart(
    reference: NDArray[np.float64],
    window: NDArray[np.float64],
    *,
    weights: NDArray[np.float64],
    images_per_case: float = 1.0,
) -> SetApart:
    """Takes out of both samples what a rule would take for the window's.

    Each image is scored by others, without those that may be of its own patient, else any two samples would seem to
    differ.

    The share is the smallest that a new part can have for the scores to be as they are: in a window that is mixed of
    the reference and of something new, the share of images above any threshold is at most that of the reference among
    the old, and 1 among the new (Blanchard, Lee and Scott 2010, J Mach Learn Res 11:2973).

    Args:
        reference: Coordinates of embeddings, float64, shape [images, coordinates], at least two images.
        window: The same of the window.
        weights: How often each image of the reference counts, with a sum above 0.
        images_per_case: Images that a patient has on average.
    """
    like = PointSamples(reference, window, weights=weights, images_per_case=images_per_case).likeness()
    before, now = like.reference, like.window
    thresholds = np.quantile(before, _THRESHOLDS)
    below = np.array([np.average(before <= threshold, weights=weights) for threshold in thresholds])
    now_below = np.array([(now <= threshold).mean() for threshold in thresholds])
    shares = 1 - now_below / np.maximum(below, np.finfo(np.float64).tiny)
    limit = np.quantile(before, _LIKE)
    return SetApart(
        reference=before <= limit,
        window=now <= limit,
        share=float(shares[_THRESHOLDS >= _UPPER].max(initial=0.0)),
        highest_share=float(shares.max(initial=0.0)),
    )
