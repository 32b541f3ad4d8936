import pytest

from medimage.registry.seen_images import SeenImages
from tests.support.artifacts import SPLIT


def test_the_images_of_a_split_are_those_that_are_not_tested_on() -> None:
    seen = SeenImages.of([SPLIT])
    by_part = {part: {SPLIT.image_ids[row] for row in SPLIT.rows(part)} for part in ("train", "validation", "test")}
    assert (seen.train, seen.validation) == (by_part["train"], by_part["validation"])
    assert seen.among(SPLIT.image_ids) == by_part["train"] | by_part["validation"]
    assert not seen.among(by_part["test"])


def test_an_ensemble_has_seen_what_any_of_its_members_has() -> None:
    both = SeenImages.of([SPLIT, SPLIT])
    assert both == SeenImages.of([SPLIT])
    assert both.among(["unknown"]) == frozenset()


def test_it_comes_back_from_its_file_which_is_equal_for_equal_images() -> None:
    seen = SeenImages(train=frozenset({"a", "b"}), validation=frozenset({"b", "c"}))
    assert SeenImages.from_parquet(seen.to_parquet()) == seen
    again = SeenImages(train=frozenset({"b", "a"}), validation=frozenset({"c", "b"}))
    assert again.to_parquet() == seen.to_parquet()
    nothing = SeenImages(train=frozenset(), validation=frozenset())
    assert SeenImages.from_parquet(nothing.to_parquet()) == nothing


def test_a_file_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"(?i)parquet"):
        SeenImages.from_parquet(b"no table")
