"""Dividing groups, compared with divisions that are known to be there."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.data.class_shares import unequal_shares
from medimage.data.partition import partition_groups

SHARES = (0.7, 0.15, 0.15)

rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 15)), min_size=1, max_size=80)


@settings(deadline=None, max_examples=80)
@given(rows=rows, seed=st.integers(0, 100), order_seed=st.integers(0, 100))
def test_the_order_of_images_does_not_matter(rows: list[tuple[str, int]], seed: int, order_seed: int) -> None:
    labels, groups = [label for label, _ in rows], [f"g{group}" for _, group in rows]
    order = np.random.default_rng(order_seed).permutation(len(rows))
    straight = partition_groups(labels, groups, shares=SHARES, seed=seed)
    shuffled = partition_groups(
        [labels[row] for row in order], [groups[row] for row in order], shares=SHARES, seed=seed
    )
    assert shuffled.tolist() == straight[order].tolist()


@settings(deadline=None, max_examples=80)
@given(rows=rows, seed=st.integers(0, 100), parts=st.integers(2, 6))
def test_every_group_is_in_one_part_whatever_sizes_and_classes_groups_have(
    rows: list[tuple[str, int]], seed: int, parts: int
) -> None:
    labels, groups = [label for label, _ in rows], [f"g{group}" for _, group in rows]
    found = partition_groups(labels, groups, shares=[1 / parts] * parts, seed=seed)
    assert set(found.tolist()) <= set(range(parts))
    assert len(set(zip(groups, found.tolist(), strict=True))) == len(set(groups))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("is_mixed", [False, True])
def test_shares_are_within_two_points_where_a_division_with_equal_ones_was_hidden(seed: int, is_mixed: bool) -> None:
    """Each part is filled with groups of up to ten images until it has the wanted images of each class exactly."""
    generator = np.random.default_rng(seed)
    per_class = {"a": 300, "b": 150, "c": 60, "d": 20}
    labels, groups = [], []
    for part, share in enumerate(SHARES):
        left = [name for name, count in per_class.items() for _ in range(round(share * count))]
        if is_mixed:
            generator.shuffle(left)
        while left:
            same = next((place for place, name in enumerate(left) if name != left[0]), len(left))
            size = min(int(generator.integers(1, 11)), len(left) if is_mixed else same)
            groups += [f"{part} {len(left)}"] * size
            labels += left[:size]
            left = left[size:]
    found = partition_groups(labels, groups, shares=SHARES, seed=seed)
    assert unequal_shares(labels, [str(part) for part in found], classes="abcd") == ()
    sizes = np.bincount(found) / len(found)
    assert sizes == pytest.approx(SHARES, rel=0.2)


def test_a_part_that_a_large_group_keeps_small_of_one_class_gets_less_of_the_other_too() -> None:
    # Class a has ten images outside its large group, so that 5 and 5 go with 5 and 5 of class b, not with 6 and 6.
    labels = ["a"] * 40 + ["b"] * 40
    groups = ["big"] * 30 + [f"i{number}" for number in range(50)]
    found = partition_groups(labels, groups, shares=SHARES, seed=0)
    for part in (1, 2):
        counts = Counter(label for label, where in zip(labels, found, strict=True) if where == part)
        assert counts["a"] == counts["b"]


def test_sizes_are_kept_where_only_other_sizes_would_make_shares_even() -> None:
    labels = ["a"] * 40 + ["b"] * 40
    groups = ["big"] * 38 + ["small", "smaller"] + [f"i{number}" for number in range(40)]
    sizes = np.bincount(partition_groups(labels, groups, shares=SHARES, seed=0))
    before = 6  # images of class b in validation and in test, beside one of class a
    assert sizes[1] >= before
    assert sizes[2] >= before


def test_images_that_have_no_group_in_common_are_divided_by_the_class_alone() -> None:
    labels = ["a"] * 2 + ["b"] * 200
    found = partition_groups(labels, [str(number) for number in range(202)], shares=(0.5, 0.5), seed=0)
    assert sorted(Counter(zip(labels, found.tolist(), strict=True)).values()) == [1, 1, 100, 100]


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        partition_groups(["a"], ["g"], shares=(0.5, 0.4), seed=0)
