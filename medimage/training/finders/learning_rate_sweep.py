"""Losses over rising learning rates, and what they say about which one to train with."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medimage.errors import TrainingError

_BANDWIDTH: Final = 0.4
"""Width, in powers of ten, of the window that losses are averaged over: one standard deviation to either side. Batches
differ more than neighbouring learning rates do."""

_MARGIN: Final = 10
"""Steps at the start that no learning rate is suggested at: an average at the edge of a window is noisy."""

_PAST: Final = 0.9
_DIVERGED: Final = 4.0
"""A sweep is over where the running mean of the loss is so many times its lowest value, as in fastai."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """Losses over rising learning rates.

    Attributes:
        learning_rates: Of the head, float64 [steps].
        losses: Of each step's batch, before the step, float64 [steps].
        diverged: Whether the loss grew beyond all measure before the last step.
    """

    learning_rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    diverged: bool

    def __post_init__(self) -> None:
        if len(self.losses) <= 2 * _MARGIN:
            raise TrainingError(
                f"The loss diverged after {len(self.losses)} steps, at a learning rate of "
                f"{max(self.learning_rates, default=0.0):.1e}, so none can be suggested. Likely causes: damaged "
                "weights, wrong normalization statistics, or training.precision: fp16. Check model.weights, and set "
                "training.precision: fp32."
            )

    @property
    def smoothed(self) -> NDArray[np.float64]:
        """The loss without the differences between batches, float64 [steps]."""
        return self._fit[0]

    @property
    def bound(self) -> float:
        """Learning rate at which the smoothed loss is lowest: above it, training begins to diverge."""
        return float(self.learning_rates[self._lowest])

    @property
    def suggestion(self) -> float:
        """Learning rate below the bound at which the smoothed loss falls most steeply over its logarithm.

        Raises:
            TrainingError: If it falls nowhere.
        """
        slopes = self._fit[1][_MARGIN : self._lowest + 1]
        if slopes.min() >= 0:
            raise TrainingError(
                f"The loss falls at no learning rate from {self.learning_rates[0]:.0e} to "
                f"{self.learning_rates[-1]:.0e}, so none can be suggested. Check the labels, and that the network "
                "starts from weights that mean something."
            )
        return float(self.learning_rates[_MARGIN + int(slopes.argmin())])

    @property
    def _lowest(self) -> int:
        return _MARGIN + int(self.smoothed[_MARGIN:].argmin())

    @cached_property
    def _fit(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Value and slope of a straight line through the losses around each step (local linear regression).

        Unlike a running mean it looks both ways, so that what it finds is not late. W. S. Cleveland, Robust Locally
        Weighted Regression and Smoothing Scatterplots, 1979, with a Gaussian window.
        """
        places = np.log10(self.learning_rates)
        # Beyond it the loss has diverged, and a single such step would lift the average long before it.
        losses = np.minimum(self.losses, 1.5 * float(np.median(self.losses[:_MARGIN])))
        offsets = places[None, :] - places[:, None]
        weights = np.exp(-0.5 * (offsets / _BANDWIDTH) ** 2)
        weights /= weights.sum(axis=1, keepdims=True)
        centre = (weights * offsets).sum(axis=1)
        mean = weights @ losses
        spread = (weights * offsets**2).sum(axis=1) - centre**2
        slope = ((weights * offsets) @ losses - centre * mean) / spread
        return mean - slope * centre, slope


def has_diverged(losses: NDArray[np.float64]) -> bool:
    """Returns whether the last of some losses is beyond all measure: not finite, or far above the lowest."""
    if len(losses) == 0 or not np.isfinite(losses[-1]):
        return len(losses) > 0
    mean, lowest = float(losses[0]), float(losses[0])
    for loss in losses[1:]:
        mean = _PAST * mean + (1 - _PAST) * float(loss)
        lowest = min(lowest, mean)
    return mean > _DIVERGED * lowest
