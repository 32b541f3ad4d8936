import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from medimage.work_share import WorkShare, work_shares


@given(items=st.integers(0, 200), count=st.integers(1, 250))
def test_every_item_is_in_one_share_and_shares_are_of_one_size(items: int, count: int) -> None:
    shares = [WorkShare(number=number, count=count).of(range(items)) for number in range(count)]
    assert [item for share in shares for item in share] == list(range(items))
    sizes = {len(share) for share in shares}
    assert max(sizes) - min(sizes) <= 1


@given(items=st.integers(0, 10**6), most=st.integers(1, 300), least=st.integers(1, 10**4))
def test_there_are_as_many_shares_as_are_wanted_and_none_is_too_small(items: int, most: int, least: int) -> None:
    shares = work_shares(items, most=most, least_items=least)
    assert [share.number for share in shares] == list(range(len(shares)))
    assert 1 <= len(shares) <= most
    if len(shares) > 1:
        assert min(len(share.of(range(items))) for share in shares) >= least
    if len(shares) < most:
        assert items < least * (len(shares) + 1)


def test_shares_are_counted_from_one_where_people_see_them() -> None:
    assert [share.name for share in work_shares(10, most=2, least_items=1)] == ["1_of_2", "2_of_2"]


@pytest.mark.parametrize(("number", "count"), [(0, 0), (2, 2), (-1, 2)])
def test_a_share_that_cannot_be_is_refused(number: int, count: int) -> None:
    with pytest.raises(ValidationError):
        WorkShare(number=number, count=count)
