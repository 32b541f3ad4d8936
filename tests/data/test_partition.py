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


@pytest.mark.parametrize("shares", [SHARES, (0.75, 0.1, 0.15), (0.5, 0.5)])
@pytest.mark.parametrize("lesions_per_class", [{"nevus": 1.0}, {"nevus": 0.8, "melanoma": 0.15, "vascular": 0.05}])
def test_every_part_has_its_share_of_groups_of_each_size(
    shares: tuple[float, ...], lesions_per_class: dict[str, float]
) -> None:
    """With as many lesions of one to six images as HAM10000 has: 7,470, of which 1,956 have several."""
    lesions_of_size = {1: 5514, 2: 1423, 3: 490, 4: 34, 5: 5, 6: 4}
    sizes = [size for size, count in lesions_of_size.items() for _ in range(count)]
    generator = np.random.default_rng(0)
    names = generator.choice(list(lesions_per_class), p=list(lesions_per_class.values()), size=len(sizes))
    labels = np.repeat(names, sizes).tolist()
    lesions = np.repeat(np.arange(len(sizes)), sizes)
    found = partition_groups(labels, [str(lesion) for lesion in lesions], shares=shares, seed=0)
    part_of_lesion = found[np.searchsorted(lesions, np.arange(len(sizes)))]
    for name in lesions_per_class:
        of_class = np.flatnonzero(names == name)
        for part, share in enumerate(shares):
            inside = of_class[part_of_lesion[of_class] == part]
            for size in lesions_of_size:
                expected = share * sum(sizes[lesion] == size for lesion in of_class)
                assert sum(sizes[lesion] == size for lesion in inside) == pytest.approx(expected, abs=2), (name, size)


@settings(deadline=None, max_examples=80)
@given(
    count=st.integers(20, 60),
    size=st.integers(1, 30),
    shares=st.sampled_from([SHARES, (0.75, 0.1, 0.15), (0.5, 0.3, 0.2)]),
)
def test_groups_of_one_size_are_divided_as_webster_divides_seats(
    count: int, size: int, shares: tuple[float, ...]
) -> None:
    """The highest of all share / (2 * seats + 1) each give a group to their part."""
    groups = np.repeat(np.arange(count), size).astype(str).tolist()
    found = partition_groups(["a"] * len(groups), groups, shares=shares, seed=0)
    quotients = sorted(
        ((share / (2 * seat + 1), part) for part, share in enumerate(shares) for seat in range(count)), reverse=True
    )
    seats = Counter(part for _, part in quotients[:count])
    for part in range(len(shares)):
        tied = sum(abs(quotient - quotients[count - 1][0]) < 1e-9 for quotient, where in quotients if where == part)
        assert abs(int((found == part).sum()) / size - seats[part]) <= tied


def test_small_part_does_not_take_a_group_that_fills_it_over_while_another_has_room() -> None:
    labels = ["a"] * 100 + ["b"] * 100
    groups = ["large"] * 40 + ["smaller"] * 20 + [f"i{number}" for number in range(140)]
    counts = Counter(zip(labels, partition_groups(labels, groups, shares=SHARES, seed=0).tolist(), strict=True))
    assert counts == {("a", 0): 70, ("b", 0): 70, ("a", 1): 15, ("b", 1): 15, ("a", 2): 15, ("b", 2): 15}


def test_part_without_a_class_gets_the_group_that_has_little_else() -> None:
    """Three groups of class c, of which training and validation take the first; one has images of class a as well."""
    labels = ["c"] * 18 + ["a"] * 130
    groups = ["mixed"] * 6 + ["one"] * 6 + ["other"] * 6 + ["mixed"] * 30 + [f"i{number}" for number in range(100)]
    found = partition_groups(labels, groups, shares=SHARES, seed=0)
    assert {(group, part) for group, part in zip(groups, found.tolist(), strict=True) if group == "mixed"} == {
        ("mixed", 0)
    }
    assert sorted(found[[6, 12]].tolist()) == [1, 2]
    assert np.bincount(found[18:]) == pytest.approx([91, 19.5, 19.5], abs=1)


def test_part_without_a_class_gets_a_group_that_the_part_it_leaves_can_do_without() -> None:
    """Test, which has no group of class c at first, may get the larger one of training or the smaller mixed one."""
    labels = ["c"] * 19 + ["a"] * 24
    groups = ["larger"] * 11 + ["other"] * 5 + ["mixed"] * 12 + [f"i{number}" for number in range(15)]
    found = partition_groups(labels, groups, shares=SHARES, seed=0)
    assert dict(zip(groups[:19], found.tolist(), strict=False)) == {"larger": 0, "other": 1, "mixed": 2}


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
    for shares in ((0.5, 0.4), (1.0, 0.0), (1.5, -0.5), (float("nan"), 1.0), ()):
        with pytest.raises(ValueError, match="above 0 that add up to 1"):
            partition_groups(["a"], ["g"], shares=shares, seed=0)
