"""Whether only a part of a window is new, and which."""

import numpy as np
from numpy.typing import NDArray

from medimage.monitoring.appearance import drifted_in_appearance
from medimage.monitoring.column_drift import compare_columns
from medimage.monitoring.columns import EMBEDDING, EMBEDDING_DISTANCE
from medimage.monitoring.drift_kind import DriftFinding, DriftKind
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.observations import Observations
from medimage.monitoring.set_apart import SetApart, set_apart
from medimage.wording import percent

_FAR = 0.99
"""Share of the reference's images whose embeddings are nearer than those called far."""

MOST_NEW = 0.5
"""Share of far images from which on it is the images as a whole that changed: nothing new comes in such numbers."""


def taken_apart(
    reference: Observations, window: Observations, weights: NDArray[np.float64], *, settings: DriftSettings
) -> SetApart | None:
    """Takes the images apart by what the network sees in them; None where that is not known of all."""
    coordinates = reference.coordinates_in_common(window)
    if coordinates is None or not all(bool(np.isfinite(points).all()) for points in coordinates):
        return None
    return set_apart(*coordinates, weights=weights, images_per_case=settings.images_per_case)


def far_part(
    reference: Observations, window: Observations, weights: NDArray[np.float64], *, settings: DriftSettings
) -> DriftFinding | None:
    """Returns that a part of the images is far from all that is known, where all others look as before, or None."""
    excess = excess_of_far(reference, window, weights)
    if excess is None or not settings.smallest_share <= excess <= MOST_NEW:
        return None
    limit = _far_limit(reference)
    near, window_near = (table.numbers(EMBEDDING_DISTANCE) <= limit for table in (reference, window))
    if not _look_as_before(reference, window, near, window_near, weights=weights, settings=settings):
        return None
    return DriftFinding(
        kind=DriftKind.SOMETHING_NEW,
        sentence=(
            f"About {percent(excess, decimals=0)} of the images are far from all that the model knows, and all others "
            "look as before: a class, a body part or a kind of device that it was not trained on."
        ),
        evidence=(EMBEDDING_DISTANCE,),
        share=excess,
    )


def part_apart(
    apart: SetApart | None,
    reference: Observations,
    window: Observations,
    weights: NDArray[np.float64],
    *,
    settings: DriftSettings,
) -> DriftFinding | None:
    """Returns that the network sees a part of the images otherwise, where all others look as before, or None."""
    if apart is None or apart.share < settings.smallest_share or apart.highest_share > MOST_NEW:
        return None
    if not _look_as_before(reference, window, apart.reference, apart.window, weights=weights, settings=settings):
        return None
    return DriftFinding(
        kind=DriftKind.SOMETHING_NEW,
        sentence=(
            f"The network sees about {percent(apart.share, decimals=0)} of the images, or more, unlike any of those "
            "that the model was judged on, and without them all look as before: there may be a class, a body part or a "
            "group of patients that it was not trained on."
        ),
        evidence=(EMBEDDING,),
        share=apart.share,
    )


def _look_as_before(
    reference: Observations,
    window: Observations,
    kept: NDArray[np.bool_],
    window_kept: NDArray[np.bool_],
    *,
    weights: NDArray[np.float64],
    settings: DriftSettings,
) -> bool:
    """Whether the images that are kept look alike in both; False where too few are kept to tell."""
    if min(kept.sum(), window_kept.sum()) < settings.fewest_rows:
        return False
    rest = compare_columns(reference.chosen(kept), window.chosen(window_kept), settings=settings, weights=weights[kept])
    return not drifted_in_appearance(rest)


def _far_limit(reference: Observations) -> float:
    distances = reference.numbers(EMBEDDING_DISTANCE)
    return float(np.quantile(distances[np.isfinite(distances)], _FAR))


def excess_of_far(reference: Observations, window: Observations, weights: NDArray[np.float64]) -> float | None:
    """Returns by how much the share of images that are far from what the model knows is larger; None without any."""
    if any(EMBEDDING_DISTANCE not in table.columns for table in (reference, window)):
        return None
    limit = _far_limit(reference)
    far = reference.numbers(EMBEDDING_DISTANCE) > limit
    return float((window.numbers(EMBEDDING_DISTANCE) > limit).mean() - np.average(far, weights=weights))
