"""One answer from several views of an image."""

import math
from collections.abc import Sequence

from torch import Tensor

from medimage.config.model import FlipName

_AXES: dict[FlipName, int] = {"horizontal_flip": 3, "vertical_flip": 2}


def all_views(images: Tensor, flips: Sequence[FlipName]) -> list[Tensor]:
    """Returns images as they are, and under every combination of flips.

    Because all combinations are there, the views of a flipped image are those of the image in another order: what is
    averaged over them does not depend on how the image was turned.

    Args:
        images: Float [batch, channels, height, width].
        flips: Flips, each at most once.

    Returns:
        2 to the power of the number of flips tensors, each of the shape of `images`; the first is `images`.
    """
    views = [images]
    for flip in flips:
        views += [view.flip(_AXES[flip]) for view in views]
    return views


def mean_of_views(logits: Tensor, *, views: int) -> Tensor:
    """Averages the probabilities of several views of each image.

    Args:
        logits: Float [views x batch, classes]: all images under the first view, then under the next.
        views: Number of views.

    Returns:
        Float [batch, classes]: the logarithm of the mean probability of each class, which is a logit like any other,
        up to a constant that softmax does not see.
    """
    each = logits.log_softmax(dim=1).reshape(views, -1, logits.shape[1])
    return each.logsumexp(dim=0) - math.log(views)
