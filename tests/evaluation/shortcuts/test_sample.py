import hashlib
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.shortcuts.sample import choose_whole_groups

IMAGES = st.lists(st.tuples(st.sampled_from("abcdefghijklmnop"), st.sampled_from("xyz")), min_size=1, max_size=60)


@given(IMAGES, st.integers(10, 60))
def test_groups_are_taken_whole_and_the_sample_stays_within_its_size(
    images: list[tuple[str, str]], maximum: int
) -> None:
    groups, classes = [group for group, _ in images], [name for _, name in images]
    rows = choose_whole_groups(groups, (classes,), maximum=maximum).tolist()
    assert rows == sorted(set(rows))
    assert 0 < len(rows) <= maximum
    if len(groups) <= maximum:
        assert len(rows) == len(groups)
        return
    sizes, taken = Counter(groups), Counter(groups[row] for row in rows)
    assert all(count == min(sizes[group], maximum // 10) for group, count in taken.items())


def test_the_choice_depends_on_names_and_not_on_their_order() -> None:
    groups = [f"patient-{number}" for number in range(300)]
    classes = [f"class {number % 7}" for number in range(300)]
    chosen = {groups[row] for row in choose_whole_groups(groups, (classes,), maximum=50)}
    turned = groups[::-1]
    assert {turned[row] for row in choose_whole_groups(turned, (classes[::-1],), maximum=50)} == chosen
    assert len(chosen) == 50


def test_a_group_that_would_fill_the_sample_is_cut() -> None:
    rows = choose_whole_groups(["one"] * 500 + ["two"] * 500, (["a"] * 1000,), maximum=100).tolist()
    assert rows == [*range(10), *range(500, 510)]


def cases(rows: np.ndarray, groups: list[str], kinds: list[str]) -> Counter[str]:
    return Counter(kind for kind, _ in {(kinds[row], groups[row]) for row in rows.tolist()})


def test_a_rare_class_and_a_rare_origin_of_very_many_images_have_their_cases_in_the_sample() -> None:
    count = 50_000
    groups = [f"p{number // 2}" for number in range(count)]
    classes = ["rare" if number < 120 else "ab"[number // 2 % 2] for number in range(count)]
    origins = ["small" if number >= count - 120 else "large" for number in range(count)]
    rows = choose_whole_groups(groups, (classes, origins), maximum=4000)
    assert cases(rows, groups, classes)["rare"] >= 50
    assert cases(rows, groups, origins)["small"] >= 50
    assert 3990 <= len(rows) <= 4000


def test_images_that_each_have_an_origin_of_their_own_do_not_crowd_out_a_rare_class() -> None:
    groups = [f"p{number}" for number in range(5000)]
    classes = ["rare" if number < 60 else "common" for number in range(5000)]
    rows = choose_whole_groups(groups, (classes, groups), maximum=100)
    assert cases(rows, groups, classes) == {"rare": 50, "common": 50}


def test_classes_share_a_sample_that_is_too_small_for_all_of_their_large_groups() -> None:
    groups = [f"p{number // 10}" for number in range(2000)]
    classes = ["rare" if number < 300 else "ab"[number // 10 % 2] for number in range(2000)]
    rows = choose_whole_groups(groups, (classes,), maximum=150)
    assert cases(rows, groups, classes) == {"rare": 5, "a": 5, "b": 5}


def test_beyond_the_first_of_each_class_the_hash_decides() -> None:
    groups = [f"p{number}" for number in range(1000)]
    rows = choose_whole_groups(groups, (["a"] * 1000,), maximum=300).tolist()
    by_hash = sorted(range(1000), key=lambda number: hashlib.sha256(f"p{number}".encode()).digest())
    assert rows == sorted(by_hash[:300])
