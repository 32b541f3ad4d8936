import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from medimage.data.audit.intensity_profile import INTENSITY_COLUMNS, IntensityProfile, IntensityQuantiles

SHARES = st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0])
SETS = st.integers(1, 300).flatmap(
    lambda images: arrays(np.float64, (images, len(INTENSITY_COLUMNS)), elements=st.floats(0, 255, width=32))
)


def frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=list(INTENSITY_COLUMNS))


def share_within(images: pd.DataFrame, profile: IntensityProfile, *, margin: float) -> dict[str, float]:
    return {column: images[column].between(low, high).mean() for column, (low, high) in profile.ranges(margin).items()}


@given(SETS, SHARES, st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=80, deadline=None)
def test_images_never_violate_their_own_profile_beyond_the_stated_share(
    values: np.ndarray, share: float, margin: float
) -> None:
    images = frame(values)
    profile = IntensityProfile.measure(images, share=share, source="these")
    assert min(share_within(images, profile, margin=margin).values()) >= share


@given(SETS, SHARES)
@settings(max_examples=80, deadline=None)
def test_images_moved_beyond_the_widened_range_all_violate_it(values: np.ndarray, share: float) -> None:
    images = frame(values / 5)
    profile = IntensityProfile.measure(images, share=share, source="these")
    highest = max(high for _, high in profile.ranges(1.0).values())
    assert set(share_within(images + highest + 0.1, profile, margin=1.0).values()) == {0.0}


def test_quantiles_are_those_of_numpy_rounded_outwards() -> None:
    values = np.random.default_rng(3).gamma(4, 12, (997, 4))
    profile = IntensityProfile.measure(frame(values), share=0.99, source="these")
    found = [profile.quantiles[column] for column in INTENSITY_COLUMNS]
    np.testing.assert_equal([item.low for item in found], np.quantile(values, 0.005, axis=0, method="lower"))
    np.testing.assert_equal([item.high for item in found], np.quantile(values, 0.995, axis=0, method="higher"))
    np.testing.assert_equal([item.median for item in found], np.median(values, axis=0))
    np.testing.assert_allclose([item.third_quartile for item in found], np.quantile(values, 0.75, axis=0), rtol=0.01)


def test_the_range_reaches_an_interquartile_range_and_a_gray_level_beyond_the_quantiles() -> None:
    quantiles = IntensityQuantiles(low=40, first_quartile=60.25, median=70, third_quartile=80, high=100)
    assert quantiles.widened(1.0) == (19.2, 120.8)
    assert quantiles.widened(0.0) == (39.0, 101.0)
    assert quantiles.widened(20.0) == (0.0, 255.0)


def test_a_few_extreme_images_hardly_move_the_range() -> None:
    values = np.random.default_rng(0).normal(100, 10, (1000, 4))
    spoilt = values.copy()
    spoilt[:4] = 255.0
    clean, dirty = (
        IntensityProfile.measure(frame(each), share=0.99, source="").ranges(1.0) for each in (values, spoilt)
    )
    np.testing.assert_allclose(list(clean.values()), list(dirty.values()), atol=8)


def test_a_profile_comes_back_from_json_as_it_was() -> None:
    profile = IntensityProfile.measure(frame(np.random.default_rng(1).uniform(0, 255, (30, 4))), share=0.9, source="x")
    assert IntensityProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile


def test_images_without_intensities_are_left_out_and_none_at_all_are_refused() -> None:
    values = np.full((3, 4), 7.0)
    values[0] = np.nan
    assert IntensityProfile.measure(frame(values), share=1.0, source="x").images == 2
    with pytest.raises(ValueError, match="at least one image"):
        IntensityProfile.measure(frame(values[:1]), share=1.0, source="x")


@pytest.mark.parametrize("numbers", [(3, 2, 4, 5, 6), (1, 2, 3, 4, float("nan"))])
def test_quantiles_that_cannot_be_are_refused(numbers: tuple[float, ...]) -> None:
    names = ("low", "first_quartile", "median", "third_quartile", "high")
    with pytest.raises(ValueError, match="rising order"):
        IntensityQuantiles(**dict(zip(names, numbers, strict=True)))
