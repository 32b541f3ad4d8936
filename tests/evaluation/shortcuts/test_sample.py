from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.shortcuts.sample import choose_whole_groups


@given(st.lists(st.sampled_from("abcdefghijklmnop"), min_size=1, max_size=60), st.integers(10, 60))
def test_groups_are_taken_whole_and_the_sample_stays_within_its_size(groups: list[str], maximum: int) -> None:
    rows = choose_whole_groups(groups, maximum=maximum).tolist()
    assert rows == sorted(set(rows))
    assert 0 < len(rows) <= maximum
    if len(groups) <= maximum:
        assert len(rows) == len(groups)
        return
    sizes, taken = Counter(groups), Counter(groups[row] for row in rows)
    assert all(count == min(sizes[group], maximum // 10) for group, count in taken.items())


def test_the_choice_depends_on_names_and_not_on_their_order() -> None:
    groups = [f"patient-{number}" for number in range(300)]
    chosen = {groups[row] for row in choose_whole_groups(groups, maximum=50)}
    turned = groups[::-1]
    assert {turned[row] for row in choose_whole_groups(turned, maximum=50)} == chosen
    assert len(chosen) == 50


def test_a_group_that_would_fill_the_sample_is_cut() -> None:
    rows = choose_whole_groups(["one"] * 500 + ["two"] * 500, maximum=100).tolist()
    assert rows == [*range(10), *range(500, 510)]
