import json

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.serving.quality.intensity_reference import IntensityReference

LEVELS = np.arange(256)


def counts(seed: int, *, images: int, channels: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    values = np.clip(generator.normal(90, 20, (images, channels, 400)), 0, 255).astype(np.int64)
    return np.stack([[np.bincount(channel, minlength=256) for channel in image] for image in values])


def fitted(*, training: int = 50, held_out: int = 500, channels: int = 1) -> IntensityReference:
    reference = fit_intensity_reference(
        counts(1, images=training, channels=channels), counts(2, images=held_out, channels=channels)
    )
    assert reference is not None
    return reference


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


def test_one_of_a_hundred_images_of_the_same_kind_is_beyond() -> None:
    reference = fitted(held_out=2000)
    distances = np.array([reference.distance(one / 400) for one in counts(4, images=4000)])
    assert 0.002 < (distances > reference.largest_distance).mean() < 0.02
    assert reference.rarely <= 0.01


def test_with_few_images_the_largest_distance_counts_and_says_how_rare_it_is() -> None:
    reference = fitted(held_out=9)
    distances = [reference.distance(one / 400) for one in counts(2, images=9)]
    assert reference.largest_distance == pytest.approx(max(distances), abs=1e-3)
    assert reference.rarely == pytest.approx(0.1)


def test_black_and_white_shares_are_limited_by_held_out_images() -> None:
    training = np.zeros((5, 1, 256), np.int64)
    training[:, 0, 0], training[:, 0, 100], training[:, 0, 255] = 60, 30, 10
    reference = fit_intensity_reference(training, training)
    assert reference is not None
    assert (reference.largest_black, reference.largest_white) == (0.6, 0.1)


@pytest.mark.parametrize(("training", "held_out"), [(0, 5), (5, 0)])
def test_without_images_there_is_no_reference(training: int, held_out: int) -> None:
    empty = np.zeros((0, 1, 256), np.int64)
    parts = [counts(1, images=number) if number else empty for number in (training, held_out)]
    assert fit_intensity_reference(*parts) is None


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
