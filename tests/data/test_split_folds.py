"""Stratified folds of groups."""

import dataclasses
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.split import SplitConfig
from medimage.data.folds import Folds, divide_into_folds
from medimage.data.splitting import split_images
from medimage.errors import DataError
from tests.support.rows_to_split import audited, patients


@settings(deadline=None, max_examples=60)
@given(
    mixed=st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), max_size=40),
    sizes=st.lists(st.integers(1, 6), min_size=5, max_size=5),
    count=st.integers(2, 5),
    seed=st.integers(0, 100),
)
def test_every_image_has_one_fold_every_fold_every_class_and_no_group_two(
    mixed: list[list[str]], sizes: list[int], count: int, seed: int
) -> None:
    """Each class has five groups of its own, beside those of several classes."""
    groups = mixed + [[name] * size for name in "abc" for size in sizes]
    labels = [label for group in groups for label in group]
    names = [f"g{number}" for number, group in enumerate(groups) for _ in group]
    folds = divide_into_folds(audited(labels, names), count=count, seed=seed)
    assert len(folds.fold_of) == len(labels)
    assert len(set(zip(names, folds.folds, strict=True))) == len(groups)
    assert set(zip(folds.folds, labels, strict=True)) == {(fold, name) for fold in range(count) for name in set(labels)}


def test_the_test_set_of_a_split_by_fold_is_that_fold_and_the_rest_is_divided() -> None:
    found = audited(*patients(60, 2))
    folds = divide_into_folds(found, count=5, seed=3)
    for fold in range(5):
        split = split_images(found, SplitConfig(folds=5, test_fold=fold), seed=3)
        assert {split.image_ids[row] for row in split.rows("test")} == {
            image_id for image_id, of_image in folds.fold_of.items() if of_image == fold
        }
        assert len(split.rows("validation")) == pytest.approx(96 * 0.15 / 0.85, abs=2)


def test_the_same_seed_gives_the_same_folds_and_another_others() -> None:
    found = audited(*patients(60, 2))
    assert divide_into_folds(found, count=4, seed=1) == divide_into_folds(found, count=4, seed=1)
    assert divide_into_folds(found, count=4, seed=1).folds != divide_into_folds(found, count=4, seed=2).folds


def test_a_class_with_fewer_groups_than_folds_is_named_with_both_numbers_and_the_way_out() -> None:
    labels, groups = patients(20, 2, "ab")
    found = audited([*labels, *["rare"] * 9], [*groups, *["x", "y", "z"] * 3])
    with pytest.raises(DataError, match=r"at least 5 groups.*5 folds.*class rare has 3\..*split\.folds to fewer"):
        divide_into_folds(found, count=5, seed=0)
    assert divide_into_folds(found, count=3, seed=0).count == 3


def test_uneven_class_shares_of_folds_are_said() -> None:
    labels, groups = patients(40, 1, "ab")
    found = audited([*labels, *["a"] * 30], [*groups, *["big"] * 30])
    (finding,) = divide_into_folds(found, count=4, seed=0).findings
    assert "of fold " in finding
    assert divide_into_folds(audited(labels, groups), count=4, seed=0).findings == ()


FOLDS = Folds(
    image_ids=("1", "2", "3", "4"),
    labels=("a", "b", "a", "b"),
    groups=("p", "q", "r", "s"),
    folds=(0, 0, 1, 1),
    count=2,
    classes=("a", "b"),
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"groups": ("p", "q", "p", "s")}, "'p'"),
        ({"folds": (0, 0, 0, 1)}, "fold 1 has no a"),
        ({"image_ids": ("1", "2", "3", "3")}, "repeat"),
    ],
)
def test_folds_that_could_not_be_trusted_cannot_be_built(change: dict[str, tuple[object, ...]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        dataclasses.replace(FOLDS, **change)


@pytest.mark.parametrize("change", [{"folds": (0, 0, 1, 2)}, {"labels": ("a",)}, {"count": 1}])
def test_folds_of_wrong_shape_cannot_be_built(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        dataclasses.replace(FOLDS, **change)


def test_folds_are_independent_of_the_order_of_files() -> None:
    labels, groups = patients(50, 2)
    ids = np.asarray([f"{number:064x}" for number in range(100)])
    order = np.random.default_rng(0).permutation(100)
    shuffled = audited([labels[row] for row in order], [groups[row] for row in order], image_ids=ids[order].tolist())
    straight = divide_into_folds(audited(labels, groups), count=5, seed=0)
    assert divide_into_folds(shuffled, count=5, seed=0).fold_of == straight.fold_of


def test_names_of_groups_decide_nothing() -> None:
    labels, groups = patients(50, 2)
    renamed = [hashlib.sha256(f"another salt {group}".encode()).hexdigest() for group in groups]
    one, other = audited(labels, groups), audited(labels, renamed)
    assert divide_into_folds(one, count=5, seed=0).folds == divide_into_folds(other, count=5, seed=0).folds
    assert split_images(one, SplitConfig(), seed=0).parts == split_images(other, SplitConfig(), seed=0).parts


def test_images_that_are_left_out_are_in_no_fold() -> None:
    found = audited(*patients(50, 2))
    out = {f"{number:064x}" for number in range(10)}
    folds = divide_into_folds(found, count=5, seed=0, left_out=out)
    assert set(folds.image_ids) == set(found.images["image_id"]) - out
