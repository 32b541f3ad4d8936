"""Training that diverges: how it is noticed, and what its causes may be."""

import math
from typing import Final

from medimage.errors import TrainingError
from medimage.models.device import Precision

_HOPELESS: Final = 100.0
"""Times the loss of a guess. With two classes, the logit of the right one is then 69 below the other's on average."""


class DivergenceError(ArithmeticError):
    """A loss or a gradient became NaN or infinite, or a loss so large that nothing is learned any more."""


def require_hopeful(loss: float, *, classes: int) -> None:
    """Makes sure that the mean loss after an epoch is not far beyond that of a guess.

    A learning rate that is much too high need not end in numbers that are not finite: steps can throw the weights
    about for ever.

    Args:
        loss: Mean cross-entropy over the training or the validation images, whichever is lower, in nats.
        classes: Number of classes; a guess that gives each the same probability has a loss of its logarithm.

    Raises:
        DivergenceError: If it is more than a hundred times that.
    """
    guess = math.log(classes)
    if loss > _HOPELESS * guess:
        raise DivergenceError(
            f"The loss became {loss:.3g}, on training and validation images, where a guess has {guess:.2g}"
        )


def likely_causes(*, stage: int, rates: str, precision: Precision) -> str:
    """Returns why training may diverge, most likely first, and what to set against it.

    Args:
        stage: 1 or 2.
        rates: Learning rates, in words.
        precision: Arithmetic of the forward pass that it diverged in.
    """
    section = f"training.stage{stage}"
    lowered = f"{section}.learning_rate"
    if "backbone" in rates:
        lowered += f" and {section}.backbone_learning_rate"
    causes = [
        f"a learning rate that is too high ({rates}): lower {lowered}, add {section}.schedule.warmup_epochs, or clip "
        "more with training.gradient_clip (1.0 is usual)",
        "damaged weights, or images with wrong normalization statistics: check model.weights and the audit",
    ]
    if precision != "fp32":
        # The largest number of fp16 is 65504; bf16 has the range of fp32.
        lack = f"numbers that {precision} has too little range or precision for: set training.precision: fp32"
        causes.insert(0 if precision == "fp16" else 1, lack)
    listed = "; ".join(f"({number}) {cause}" for number, cause in enumerate(causes, start=1))
    return f"Likely causes, most likely first: {listed}."


def explain_divergence(error: DivergenceError, *, stage: int, epoch: int, rates: str) -> TrainingError:
    """Returns the error for training that diverges in fp32 too, with its likely causes.

    Args:
        error: What happened, and in which batch.
        stage: 1 or 2.
        epoch: Epoch within the stage; 0 before the first.
        rates: Learning rates, in words.
    """
    return TrainingError(
        f"{error}, in epoch {epoch} of stage {stage}, so training cannot go on. "
        f"{likely_causes(stage=stage, rates=rates, precision='fp32')}"
    )
