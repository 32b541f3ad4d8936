"""Do the maps change when the network's weights are replaced by random ones?

Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim (2018), Sanity Checks for Saliency Maps, NeurIPS. A map that stays
shows the image, not what the network learnt.
"""

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.evaluation.explanation.randomised_part import Randomised
from medimage.models.build import build_network
from medimage.models.network import Network

_CHECKED = 10
"""Images at most: whether maps depend on what was learnt shows in a few, and each takes two more maps."""


def checked_cases(count: int) -> NDArray[np.int64]:
    """Returns which of the explained images are mapped with random weights as well, spread evenly over all.

    Args:
        count: Explained images.
    """
    return np.linspace(0, count - 1, min(count, _CHECKED)).round().astype(np.int64)


def randomised_networks(network: Network, *, seed: int) -> dict[Randomised, Network]:
    """Returns the network with a random head, and one of the same architecture that is random as a whole.

    Args:
        network: The trained network; it is left as it is, and the first of both shares its backbone.
        seed: Seed of the run. The weights are drawn from another one: those of the run's are what a training from
            scratch began with.
    """
    other = int(np.random.default_rng((seed, 1)).integers(2**31))
    fresh = build_network(network.spec, seed=other).to(next(network.parameters()).device).eval()
    return {"head": Network(spec=network.spec, backbone=network.backbone, head=fresh.head).eval(), "whole": fresh}


def rank_correlations(evidence: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns how alike two maps of each image are: Spearman's rank correlation over places, in [-1, 1].

    Args:
        evidence: Shape [images, rows, columns], below 0 where it speaks against the class.
        other: The same.

    Returns:
        Shape [images]; NaN where one of both is the same everywhere, or they have not the same places.
    """
    if evidence.shape != other.shape:
        return np.full(len(evidence), np.nan)
    pairs = zip(evidence.reshape(len(evidence), -1), other.reshape(len(other), -1), strict=True)
    return np.asarray([_spearman(one, other) for one, other in pairs], dtype=np.float64)


def _spearman(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    ranks = [scipy.stats.rankdata(each) - (len(each) + 1) / 2 for each in (one, other)]
    spread = np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1]))
    return float(ranks[0] @ ranks[1] / spread) if spread > 0 else float("nan")
