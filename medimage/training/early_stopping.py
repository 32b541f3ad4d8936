"""Ending a stage when it no longer gets better."""

import math
from typing import Any

from medimage.config.early_stopping import EarlyStoppingConfig
from medimage.training.loop import PassResult


class EarlyStopping:
    """Counts epochs without improvement.

    An epoch improves where its figure is better than the best so far by more than `min_delta`.
    """

    def __init__(self, config: EarlyStoppingConfig | None) -> None:
        self._config = config
        self._best = -math.inf
        self._waited = 0

    def should_stop(self, validation: PassResult) -> bool:
        """Takes in an epoch and says whether the stage is to end after it.

        Args:
            validation: Figures of the epoch's validation.
        """
        if self._config is None:
            return False
        figure = validation.accuracy if self._config.monitor == "validation_accuracy" else -validation.loss
        if figure > self._best + self._config.min_delta:
            self._best, self._waited = figure, 0
        else:
            self._waited += 1
        return self._waited >= self._config.patience

    def state(self) -> dict[str, Any]:
        """Returns what it has seen so far, ready for JSON."""
        return {"best": self._best if math.isfinite(self._best) else None, "waited": self._waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        self._best = -math.inf if state["best"] is None else state["best"]
        self._waited = state["waited"]
