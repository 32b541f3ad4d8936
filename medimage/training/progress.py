"""How far a stage has come: its epochs, the best of them, and whether it is over."""

from dataclasses import asdict
from typing import Any

from torch import Tensor

from medimage.config.stage import StageConfig
from medimage.models.history import EpochRecord
from medimage.training.best_state import BestState
from medimage.training.early_stopping import EarlyStopping
from medimage.training.loop import PassResult


class StageProgress:
    """How far a stage has come.

    Attributes:
        records: Finished epochs.
        best: The best state so far.
        stopped_early: Whether early stopping ended the stage.
    """

    def __init__(self, config: StageConfig, *, best: BestState) -> None:
        self._epochs = config.epochs
        self._stopping = EarlyStopping(config.early_stopping)
        self.records: list[EpochRecord] = []
        self.best = best
        self.stopped_early = False

    @property
    def is_over(self) -> bool:
        """Whether no epoch is to come."""
        return self.stopped_early or len(self.records) >= self._epochs

    @property
    def next_epoch(self) -> int:
        """Number of the epoch to come, from 1."""
        return len(self.records) + 1

    def finish_epoch(self, record: EpochRecord, validation: PassResult) -> None:
        """Takes in an epoch whose state, if it was the best, has been kept."""
        self.records.append(record)
        self.stopped_early = self._stopping.should_stop(validation) and record.epoch < self._epochs

    def values(self) -> dict[str, Any]:
        """Returns all but the best weights, ready for JSON."""
        return {
            "records": [asdict(record) for record in self.records],
            "best": self.best.figures(),
            "early_stopping": self._stopping.state(),
            "stopped_early": self.stopped_early,
        }

    @classmethod
    def restored(cls, config: StageConfig, values: dict[str, Any], best: dict[str, Tensor]) -> "StageProgress":
        """Returns what `values` and the best weights were read from."""
        progress = cls(config, best=BestState(**values["best"], entries=best))
        progress.records = [EpochRecord(**record) for record in values["records"]]
        progress._stopping.restore(values["early_stopping"])
        progress.stopped_early = values["stopped_early"]
        return progress
