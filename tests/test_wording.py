import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.wording import counted, listed, percent, shortened


@pytest.mark.parametrize(
    ("items", "told"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_ends_as_people_end_it(items: list[str], told: str) -> None:
    assert listed(items) == told
    assert listed(items, word="or") == told.replace("and", "or")


def test_the_number_of_the_rest_ends_a_list_that_is_cut() -> None:
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert listed(["a", "b", "c"], most=3) == "a, b and c"
    assert listed(["a"], most=2, total=1200) == "a and 1,199 more"
    assert listed(["a", "b"], most=0) == "2 more"


def test_one_of_a_thing_is_no_plural() -> None:
    assert [counted(number, "image") for number in (0, 1, 2)] == ["0 images", "1 image", "2 images"]


def test_shares_are_told_with_as_many_decimals_as_they_have() -> None:
    assert (percent(1.0), percent(0.99), percent(0.99999), percent(0.123456)) == ("100 %", "99 %", "99.99 %", "12.35 %")
    assert (percent(0.123456, decimals=0), percent(0.123456, decimals=1)) == ("12 %", "12.3 %")


@given(share=st.floats(0, 1), decimals=st.integers(0, 2))
def test_a_share_is_told_to_half_a_place_and_never_as_all_where_it_is_not(share: float, decimals: int) -> None:
    told = float(percent(share, decimals=decimals).removesuffix(" %"))
    assert (told == 100) == (share == 1)
    closest = 0.5 / 10**decimals if told < 100 - 1 / 10**decimals else 1 / 10**decimals
    assert abs(told - 100 * share) <= closest + 1e-9


def test_a_name_is_short_and_has_no_characters_that_act() -> None:
    assert len(shortened("x" * 500)) <= 80
    assert shortened("a\nb\u202ec.png") == "a�b�c.png"
