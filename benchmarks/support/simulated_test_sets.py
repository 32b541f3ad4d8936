"""Simulated answers of a model to images of patients, with a sensitivity that is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MOST_IMAGES = 50


def _one_with(share: float) -> Callable[[int, np.random.Generator], NDArray[np.int64]]:
    def draw(patients: int, generator: np.random.Generator) -> NDArray[np.int64]:
        sizes = generator.integers(1, 4, patients)
        sizes[0] = max(2, round(share * sizes[1:].sum() / (1 - share)))
        return sizes

    return draw


SIZES: dict[str, Callable[[int, np.random.Generator], NDArray[np.int64]]] = {
    "1 image each": lambda patients, _: np.ones(patients, dtype=np.int64),
    "2 images each": lambda patients, _: np.full(patients, 2),
    "5 images each": lambda patients, _: np.full(patients, 5),
    "1 to 8 images": lambda patients, generator: generator.integers(1, 9, patients),
    "half have 1, a quarter 2, ...": lambda patients, generator: generator.geometric(0.5, patients),
    "up to 50, most few": lambda patients, generator: np.clip(
        np.ceil(generator.pareto(1.2, patients)), 1, _MOST_IMAGES
    ).astype(np.int64),
    "1 to 3, one with 2 % of all": _one_with(0.02),
    "1 to 3, one with 5 % of all": _one_with(0.05),
    "1 to 3, one with 20 % of all": _one_with(0.2),
}
"""How many images patients have: name → draws a number for each of some patients."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Test sets of one kind.

    Attributes:
        sizes: How many images patients have, by name.
        patients: Number of patients of the class.
        sensitivity: Probability that any image is recognised.
        correlation: Intraclass correlation of a patient's images, 0 to 1.
        harder: By how much less likely an image of a patient with many is recognised than one of a patient with few.
    """

    sizes: str
    patients: int
    sensitivity: float
    correlation: float
    harder: float = 0.0

    def __str__(self) -> str:
        told = f"{self.sizes}, {self.patients} patients, sensitivity {self.sensitivity:g}, ICC {self.correlation:g}"
        return f"{told}, large ones {self.harder:g} harder" if self.harder else told

    def draw(self, generator: np.random.Generator) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Returns whether each image is recognised, and its patient, both of shape [images]."""
        sizes = SIZES[self.sizes](self.patients, generator)
        patients = np.repeat(np.arange(self.patients), sizes)
        chances = self._chances(sizes, generator)
        return generator.random(len(patients)) < chances[patients], patients

    def _chances(self, sizes: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.float64]:
        means = np.full(len(sizes), self.sensitivity)
        if self.harder:
            # Weighted by images, the means of all patients are the sensitivity still.
            large = sizes > np.median(sizes)
            share = sizes[large].sum() / sizes.sum()
            means = np.where(large, means - self.harder * (1 - share), means + self.harder * share)
        if self.correlation == 0:
            return means
        if self.correlation == 1:
            return (generator.random(len(sizes)) < means).astype(np.float64)
        strength = (1 - self.correlation) / self.correlation
        return generator.beta(means * strength, (1 - means) * strength)
