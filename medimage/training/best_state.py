"""The best weights of a stage so far."""

from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor

from medimage.training.loop import PassResult


@dataclass(frozen=True, kw_only=True)
class BestState:
    """Weights with the highest validation accuracy; of equal ones, those with the lower validation loss.

    Attributes:
        epoch: Epoch of the weights; 0 for those before the first.
        accuracy: Validation accuracy, in [0, 1].
        loss: Validation loss.
        entries: What training changes of the network's state, on the CPU.
    """

    epoch: int
    accuracy: float
    loss: float
    entries: dict[str, Tensor]

    @classmethod
    def of(cls, validation: PassResult, *, epoch: int, entries: dict[str, Tensor]) -> Self:
        """Returns the state after an epoch."""
        return cls(epoch=epoch, accuracy=validation.accuracy, loss=validation.loss, entries=entries)

    def is_beaten_by(self, validation: PassResult) -> bool:
        """Returns whether an epoch is better."""
        return (validation.accuracy, -validation.loss) > (self.accuracy, -self.loss)

    def figures(self) -> dict[str, Any]:
        """Returns all but the weights, ready for JSON."""
        return {"epoch": self.epoch, "accuracy": self.accuracy, "loss": self.loss}
