import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.data.number_bands import band_of, number_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("45", 45.0),
        ("45.0", 45.0),
        ("-3", -3.0),
        ("1e2", 100.0),
        ("045Y", 45.0),
        ("45y", 45.0),
        ("006M", 0.5),
        ("012M", 1.0),
        ("052W", 52 * 7 / 365.25),
        ("365D", 365 / 365.25),
        ("", None),
        ("forty", None),
        ("2023-04-17", None),
        ("045", 45.0),
        ("45Z", None),
        ("Y", None),
        ("nan", None),
        ("inf", None),
        ("45,5", None),
    ],
)
def test_numbers_and_ages_are_read_and_other_text_is_none(text: str, number: float | None) -> None:
    found = number_in(text)
    assert found == number if number is None else math.isclose(found or math.nan, number)


def test_bands_are_named_by_their_limits_and_the_last_is_open() -> None:
    limits = (0, 18, 40.5)
    assert [band_of(number, limits) for number in (-0.1, 0, 17.99, 18, 40.5, 1000)] == [
        None,
        "0 to below 18",
        "0 to below 18",
        "18 to below 40.5",
        "40.5 and above",
        "40.5 and above",
    ]


@given(
    st.lists(st.integers(-50, 150), min_size=2, max_size=6, unique=True).map(sorted),
    st.floats(-60, 160, allow_nan=False),
)
def test_bands_agree_with_those_of_pandas(limits: list[int], number: float) -> None:
    names = [band_of(limit, limits) for limit in limits]
    assert len(set(names)) == len(limits)
    expected = pd.cut([number], bins=[*limits, math.inf], right=False, labels=names)[0]
    assert band_of(number, limits) == (None if pd.isna(expected) else expected)
