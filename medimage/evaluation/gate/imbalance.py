"""Whether class weights make up for unequal classes."""

from collections.abc import Mapping
from typing import Literal

ClassWeightSetting = Literal["auto", "none"] | Mapping[str, float]
"""What `training.class_weights` takes."""


def mitigates(counts: Mapping[str, int], class_weights: ClassWeightSetting, *, threshold: float) -> bool:
    """Whether the classes weigh about the same in the loss.

    What a class weighs is its number of training images times its weight. Weights by inverse frequency make that
    equal for all classes; weights given by hand may do so, do nothing, or make it worse.

    Args:
        counts: Training images of each class.
        class_weights: Section `training.class_weights`.
        threshold: Largest ratio between what two classes weigh; that of the gate between their sizes.

    Raises:
        ValueError: If there is no class, or weights are given for other classes than there are.
    """
    if not counts:
        raise ValueError("Expected training counts of at least one class but got none")
    if class_weights == "none":
        return False
    if min(counts.values()) == 0:
        return False
    if class_weights == "auto":
        return True
    if set(class_weights) != set(counts):
        raise ValueError(f"Expected weights of the classes {sorted(counts)} but got those of {sorted(class_weights)}")
    totals = [count * class_weights[name] for name, count in counts.items()]
    return max(totals) <= threshold * min(totals)
