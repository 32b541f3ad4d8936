from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from medimage.config.split import SplitConfig
from medimage.data.folds import Folds
from medimage.data.partition import partition_groups
from medimage.data.split import PARTS, Split
from medimage.data.splitting import split_images
from medimage.errors import ConfigurationError, DataError
from tests.support.rows_to_split import audited, patients


def test_shares_of_every_class_are_within_two_points_of_the_whole() -> None:
    labels, groups = patients(300, 2)
    split = split_images(audited(labels, groups), SplitConfig(), seed=1)
    for part, share in zip(PARTS, (0.7, 0.15, 0.15), strict=True):
        counts = split.counts(part)
        assert sum(counts.values()) / 600 == pytest.approx(share, abs=0.02)
        for count in counts.values():
            assert count / sum(counts.values()) == pytest.approx(1 / 3, abs=0.02)


def test_the_division_of_ungrouped_images_is_exact_to_the_image() -> None:
    # The brain tumour system's own numbers: 6,055 images, 70/15/15, 4239/908/908.
    sizes = {"glioma": 2004, "meningioma": 2004, "pituitary": 2047}
    labels = [name for name, size in sizes.items() for _ in range(size)]
    split = split_images(audited(labels, [f"i{n}" for n in range(6055)]), SplitConfig(), seed=42)
    assert [sum(split.counts(part).values()) for part in PARTS] == pytest.approx([4239, 908, 908], abs=2)


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 12)), min_size=1, max_size=60),
    seed=st.integers(0, 1000),
)
def test_no_group_is_ever_divided(sizes: list[tuple[str, int]], seed: int) -> None:
    labels = [label for label, size in sizes for _ in range(size)]
    groups = [f"g{number}" for number, (_, size) in enumerate(sizes) for _ in range(size)]
    parts = partition_groups(labels, groups, shares=(0.6, 0.2, 0.2), seed=seed)
    assert Split.crossing_groups(groups, [str(part) for part in parts]) == []


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.dictionaries(
        st.sampled_from("abcd"), st.lists(st.integers(1, 40), min_size=3, max_size=8), min_size=2, max_size=4
    ),
    mixed=st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 12), min_size=1), max_size=4),
    shares=st.sampled_from([(0.7, 0.15, 0.15), (0.9, 0.05, 0.05), (0.34, 0.33, 0.33)]),
    seed=st.integers(0, 1000),
)
def test_a_class_with_three_groups_of_its_own_is_in_every_part(
    sizes: dict[str, list[int]], mixed: list[dict[str, int]], shares: tuple[float, ...], seed: int
) -> None:
    found = [{name: size} for name, group_sizes in sizes.items() for size in group_sizes]
    found += [{name: count for name, count in group.items() if name in sizes} for group in mixed]
    labels = [name for group in found for name, count in group.items() for _ in range(count)]
    groups = [f"g{number}" for number, group in enumerate(found) for count in group.values() for _ in range(count)]
    train, validation, test = shares
    config = SplitConfig(train=train, validation=validation, test=test)
    split = split_images(audited(labels, groups), config, seed=seed)
    assert all(min(split.counts(part).values()) > 0 for part in PARTS)


def test_the_group_that_disturbs_the_shares_least_is_moved_into_an_empty_part() -> None:
    sizes = [12, 11, 10, 9]
    labels = [name for name in "ab" for size in sizes for _ in range(size)]
    groups = [f"{name}{size}" for name in "ab" for size in sizes for _ in range(size)]
    split = split_images(audited(labels, groups), SplitConfig(), seed=0)
    part_of = dict(zip(split.groups, split.parts, strict=True))
    assert [name for name, part in part_of.items() if part == "train"] == ["a12", "a11", "b12", "b11"]


def test_the_same_seed_gives_the_same_split_and_another_gives_another() -> None:
    found = audited(*patients(60, 2))
    first, again, other = (split_images(found, SplitConfig(), seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.content_hash == again.content_hash
    assert first.parts != other.parts


def test_folds_are_disjoint_cover_everything_and_are_as_even_as_scikit_learn_makes_them() -> None:
    labels, groups = patients(83, 3)
    found = audited(labels, groups)
    config = SplitConfig(folds=5)
    tests = [
        split_images(found, config.model_copy(update={"test_fold": fold}), seed=0).rows("test") for fold in range(5)
    ]
    assert sorted(np.concatenate(tests).tolist()) == list(range(len(labels)))
    oracle = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(labels, labels, groups)

    def spread(folds: list[np.ndarray]) -> int:
        counts = [Counter(np.asarray(labels)[fold]) for fold in folds]
        return max(max(c[name] for c in counts) - min(c[name] for c in counts) for name in "abc")

    assert spread(tests) <= spread([test for _, test in oracle])


def test_a_given_split_is_honoured_and_its_missing_parts_are_taken_from_training() -> None:
    labels, groups = patients(120, 1)
    given_split = ["test" if number < 30 else "train" for number in range(120)]
    split = split_images(audited(labels, groups, given_split), SplitConfig(), seed=0)
    assert split.rows("test").tolist() == list(range(30))
    assert sum(split.counts("validation").values()) == pytest.approx(90 * 0.15 / 0.85, abs=3)


def test_a_given_training_part_alone_is_divided_though_each_class_has_only_three_groups() -> None:
    sizes = [60, 1, 1]
    labels = [name for name in "ab" for size in sizes for _ in range(size)]
    groups = [f"{name}{number}" for name in "ab" for number, size in enumerate(sizes) for _ in range(size)]
    split = split_images(audited(labels, groups, ["train"] * len(labels)), SplitConfig(), seed=0)
    assert [split.group_counts(part) for part in PARTS] == [{"a": 1, "b": 1}] * 3


def test_folds_are_refused_where_the_data_come_with_a_split_that_is_honoured() -> None:
    labels, groups = patients(60, 1)
    found = audited(labels, groups, ["test" if number < 15 else "train" for number in range(60)])
    with pytest.raises(ConfigurationError, match=r"split\.given: ignore"):
        split_images(found, SplitConfig(folds=5, test_fold=2), seed=0)
    split = split_images(found, SplitConfig(folds=5, test_fold=2, given="ignore"), seed=0)
    assert len(split.rows("test")) == pytest.approx(12, abs=1)


def test_a_given_split_that_leaks_patients_is_refused_and_can_be_ignored() -> None:
    labels, groups = patients(60, 2)
    given_split = ["train", "test"] * 60
    found = audited(labels, groups, given_split)
    with pytest.raises(DataError, match=r"60 groups .* split.given: ignore"):
        split_images(found, SplitConfig(), seed=0)
    split_images(found, SplitConfig(given="ignore"), seed=0)


def test_a_class_that_is_in_one_part_only_is_refused_with_the_counts() -> None:
    labels = ["a"] * 30 + ["b"] * 30
    given_split = ["train"] * 30 + (["train", "validation", "test"] * 10)
    with pytest.raises(DataError, match=r"validation has none of \['a'\].*train: a 30, b 10"):
        split_images(audited(labels, [f"i{n}" for n in range(60)], given_split), SplitConfig(), seed=0)


def test_a_split_that_a_group_crosses_cannot_be_built() -> None:
    with pytest.raises(DataError, match="'p1'"):
        Split(
            image_ids=("1", "2", "3", "4"),
            labels=("a", "a", "a", "a"),
            groups=("p1", "p1", "p2", "p3"),
            parts=("train", "test", "validation", "test"),
            classes=("a",),
        )


def test_a_division_with_a_label_that_is_no_class_cannot_be_built() -> None:
    whole = {"image_ids": tuple("123"), "labels": ("a", "a", "z"), "groups": tuple("123"), "classes": ("a",)}
    with pytest.raises(ValueError, match=r"among \['a'\] but got \['z'\]"):
        Split(**whole, parts=("train", "validation", "test"))
    with pytest.raises(ValueError, match=r"among \['a'\] but got \['z'\]"):
        Folds(**whole, folds=(0, 1, 1), count=2)


def test_parts_of_other_sizes_than_asked_for_are_said() -> None:
    """Three patients cannot be divided otherwise than one to each part."""
    labels, groups = ["a", "b"] * 30, [f"p{n // 20}" for n in range(60)]
    split = split_images(audited(labels, groups), SplitConfig(), seed=0)
    (finding,) = split.findings
    assert "train has 33.3 % of all images and not 70 %" in finding
    assert "test has 33.3 % of all images and not 15 %" in finding


def test_unequal_class_shares_are_said() -> None:
    # Nearly half of all images are of one patient, and of one class.
    labels = ["a"] * 40 + ["b"] * 40
    groups = ["big"] * 38 + ["small", "smaller"] + [f"i{n}" for n in range(40)]
    split = split_images(audited(labels, groups), SplitConfig(), seed=0)
    unequal, sizes = split.findings
    assert "% of test but 50.0 % of all images" in unequal
    assert "train has 82.5 % of all images and not 70 %" in sizes


@pytest.mark.parametrize(
    ("labels", "groups"),
    [("ab", ["p", "q"]), ("a" * 30 + "b" * 30, ["everything"] * 60), ("aaabb", ["1", "2", "3", "4", "5"])],
)
def test_too_few_groups_for_three_parts_are_told_by_class(labels: str, groups: list[str]) -> None:
    with pytest.raises(DataError, match=r"at least 3 groups.*train, validation and test.*class b has [12]\b"):
        split_images(audited(labels, groups), SplitConfig(), seed=0)


def test_a_share_that_rounds_to_no_image_still_gets_one_of_each_class() -> None:
    config = SplitConfig(train=0.998, validation=0.001, test=0.001)
    split = split_images(audited(*patients(60, 1)), config, seed=0)
    assert split.counts("validation") == split.counts("test") == {"a": 1, "b": 1, "c": 1}
