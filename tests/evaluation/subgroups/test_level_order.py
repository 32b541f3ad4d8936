from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.subgroups.level_order import in_order


def test_numbers_within_names_count() -> None:
    bands = ["18 to below 40", "5 to below 18", "65 and above", "0 to below 5", "40.5 to below 65"]
    assert in_order(bands) == [
        "0 to below 5", "5 to below 18", "18 to below 40", "40.5 to below 65", "65 and above",
    ]  # fmt: skip
    assert in_order(["site 10", "Site 2", "asite", "7"]) == ["7", "asite", "Site 2", "site 10"]


@given(st.lists(st.text(), unique=True))
def test_any_names_have_one_order_and_none_is_lost(names: list[str]) -> None:
    assert in_order(names) == in_order(names[::-1])
    assert sorted(in_order(names)) == sorted(names)
