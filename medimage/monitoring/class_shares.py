"""How often each class really comes, estimated from what a calibrated model says."""

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 1000
_SETTLED = 1e-6
_SMALLEST = 1e-6
"""Share below which a class of the reference cannot be weighted."""


def estimate_class_shares(
    probabilities: NDArray[np.float64], *, known_shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Estimates the shares of the classes among new images, where each class still looks as it did.

    It is the likelihood-maximising estimate of Saerens, Latinne and Decaestecker (2002, Neural Comput 14:21-41), which
    with calibrated probabilities is more exact than what is made from a table of confusions (Alexandari, Kundaje and
    Shrikumar 2020, ICML).

    Args:
        probabilities: Calibrated probability of each class, shape [images, classes], at least one image.
        known_shares: Shares for which they are calibrated: the mean probabilities of the reference, shape [classes].

    Returns:
        float64, shape [classes]; they add up to 1.
    """
    known = np.maximum(known_shares, _SMALLEST)
    shares = known / known.sum()
    for _ in range(_ROUNDS):
        weighted = probabilities * (shares / known)
        new = (weighted / weighted.sum(axis=1, keepdims=True)).mean(axis=0)
        change = np.abs(new - shares).max()
        shares = new
        if change < _SETTLED:
            break
    return shares


def weights_for_shares(
    probabilities: NDArray[np.float64], *, known_shares: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns how often each image of the reference must count for the classes to have other shares.

    Args:
        probabilities: Calibrated probability of each class of each image of the reference, shape [images, classes].
        known_shares: Shares of the classes in the reference.
        shares: Shares that are wanted.

    Returns:
        float64, shape [images], with a mean of about 1.
    """
    return probabilities @ (shares / np.maximum(known_shares, _SMALLEST))
