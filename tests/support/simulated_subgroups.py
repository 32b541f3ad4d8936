"""Answers of a model to images of subgroups, with sensitivities that are known."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.subgroups.compare import Answers

CLASSES = ("covid", "normal", "tb")


def simulated_answers(
    generator: np.random.Generator,
    *,
    cases: int,
    images_per_case: int,
    confusion: NDArray[np.float64],
    shares: Mapping[str, NDArray[np.float64]],
    correlation: float = 0.0,
    within_case: Sequence[str] = (),
    confusion_of: Mapping[tuple[str, int], NDArray[np.float64]] | None = None,
) -> tuple[Answers, dict[str, NDArray[np.int64]]]:
    """Draws patients of each class, their metadata, and what a model says of their images.

    Args:
        generator: Source of chance.
        cases: Number of patients.
        images_per_case: Images of each.
        confusion: Probability of each answer (column) for each true class (row).
        shares: Metadata → probability of each level (column) for each true class (row): classes may be mixed otherwise
            in each level.
        correlation: Probability that an image is answered just as its patient is, and not by a chance of its own.
        within_case: Metadata that are drawn for each image, so that a patient may be in several levels.
        confusion_of: Metadata and level → another confusion for these images.

    Returns:
        The answers, and metadata → level of each image.
    """
    group = np.repeat(np.arange(cases), images_per_case)
    of_case = generator.integers(0, len(confusion), cases)
    labels = of_case[group]
    levels = {}
    for name, share in shares.items():
        known = labels if name in within_case else of_case
        drawn = _draw(generator.random(len(known)), share[known])
        levels[name] = drawn if name in within_case else drawn[group]
    rates = confusion[labels]
    for (name, level), other in (confusion_of or {}).items():
        rates = np.where((levels[name] == level)[:, None], other[labels], rates)
    alike = generator.random(len(group)) < correlation
    chance = np.where(alike, generator.random(cases)[group], generator.random(len(group)))
    answers = Answers(labels=labels, predicted=_draw(chance, rates), groups=group, classes=CLASSES[: len(confusion)])
    return answers, levels


def _draw(chance: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.minimum((chance[:, None] >= shares.cumsum(axis=1)).sum(axis=1), shares.shape[1] - 1)
