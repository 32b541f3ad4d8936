"""How well a network ranks the validation images."""

import numpy as np
import torch
from torch import Tensor

from medimage.evaluation.metrics.auroc import midranks


def macro_auroc(logits: Tensor, labels: Tensor) -> float | None:
    """Returns the area under the ROC curve of each class against the rest, mean over the classes.

    The area is the Mann-Whitney statistic of the class's probability, ties counting one half. Classes that no image is
    of, or all are, have no area and are left out.

    Args:
        logits: Outputs of the network, shape [images, classes].
        labels: Index of each image's class, shape [images].

    Returns:
        A number in [0, 1], or None where no class has an area.
    """
    # Not every device has float64.
    probabilities = torch.softmax(logits.cpu().double(), dim=1).numpy()
    classes = labels.cpu().numpy()
    areas = []
    for index in range(probabilities.shape[1]):
        positive = classes == index
        positives = int(positive.sum())
        pairs = positives * (len(classes) - positives)
        if pairs:
            ranks = float(midranks(probabilities[:, index])[positive].sum())
            areas.append((ranks - positives * (positives + 1) / 2) / pairs)
    return float(np.mean(areas)) if areas else None
