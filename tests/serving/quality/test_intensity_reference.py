import json

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from medimage.serving.quality.intensity_reference import IntensityReference
from tests.support.histograms import counts, fitted

LEVELS = np.arange(256)


@pytest.mark.parametrize("channels", [1, 3])
def test_distance_is_that_of_wasserstein(channels: int) -> None:
    reference = fitted(channels=channels)
    shares = counts(3, images=1, channels=channels)[0] / 400
    expected = [
        wasserstein_distance(LEVELS, LEVELS, share, mean)
        for share, mean in zip(shares, reference.histogram, strict=True)
    ]
    assert reference.distance(shares) == pytest.approx(np.mean(expected), rel=1e-3)


def test_a_shift_of_all_pixels_is_the_distance() -> None:
    reference = fitted()
    shifted = np.roll(np.asarray(reference.histogram), 40, axis=1)
    assert reference.distance(shifted) == pytest.approx(40, abs=0.1)


def test_it_survives_the_trip_through_json() -> None:
    reference = fitted(channels=3)
    assert IntensityReference.from_dict(json.loads(json.dumps(reference.to_dict()))) == reference


@pytest.mark.parametrize(
    "changes",
    [
        {"histogram": ((1.0,),)},
        {"histogram": ((0.0,) * 256,)},
        {"largest_black": 1.5},
        {"rarely": 0.0},
        {"held_out": 0},
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        IntensityReference.from_dict(fitted().to_dict() | changes)


def test_an_image_with_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        fitted().distance(np.zeros((3, 256)))
