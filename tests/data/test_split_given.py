"""The split that data come with."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.split import SplitConfig
from medimage.data.split import PARTS
from medimage.data.splitting import split_images
from medimage.errors import DataError
from tests.support.rows_to_split import audited

REPAIR = SplitConfig(given="repair")
HONOUR = SplitConfig()

STRICTNESS = {"": 0, "train": 0, "validation": 1, "test": 2}


def sound(count: int = 30) -> tuple[list[str], list[str], list[str]]:
    """Returns labels, groups and parts of images that divide without a leak, each of a patient of its own."""
    labels = [name for name in "ab" for _ in range(count)]
    return labels, [f"s{number}" for number in range(2 * count)], list(itertools.islice(itertools.cycle(PARTS), 60))


def test_honoured_parts_stay_as_they_are() -> None:
    labels, groups, parts = sound()
    split = split_images(audited(labels, groups, parts), HONOUR, seed=0)
    assert list(split.parts) == parts
    assert (split.left_out, split.findings) == ((), ())


def test_a_crossing_group_stops_an_honoured_split_with_counts_and_ways_out() -> None:
    labels, groups, parts = sound()
    found = audited([*labels, *"aaaa"], [*groups, "p", "p", "p", "q"], [*parts, "train", "train", "test", "test"])
    with pytest.raises(DataError) as caught:
        split_images(found, HONOUR, seed=0)
    message = str(caught.value)
    assert "1 group " in message
    assert "'p' (test 1, train 2)" in message
    assert "leave out its others (2 images)" in message
    assert "split.given: repair" in message
    assert "split.given: ignore" in message


def test_repairing_keeps_test_images_and_leaves_out_those_that_train_shares_with_them() -> None:
    labels, groups, parts = sound()
    crossing = ["train", "validation", "test", "train", "validation", ""]
    found = audited([*labels, *"aaaaaa"], [*groups, "p", "p", "p", "q", "q", "q"], [*parts, *crossing])
    split = split_images(found, REPAIR, seed=0)
    part_of = dict(zip(split.image_ids, split.parts, strict=True))
    ids = found.images["image_id"].tolist()
    assert [part_of.get(image_id) for image_id in ids[60:]] == [None, None, "test", None, "validation", None]
    assert [part_of[image_id] for image_id in ids[:60]] == parts
    reasons = {image.image_id: image.reason for image in split.left_out}
    assert [reasons[ids[row]].rpartition(" ")[2] for row in (60, 61, 63, 65)] == [
        "test",
        "test",
        "validation",
        "validation",
    ]
    (finding,) = split.findings
    assert finding.startswith("2 groups")
    assert "4 images are left out" in finding


def test_setting_a_given_split_aside_says_how_many_groups_crossed_it() -> None:
    labels, groups, parts = sound()
    found = audited([*labels, *"aa"], [*groups, "p", "p"], [*parts, "train", "test"])
    split = split_images(found, SplitConfig(given="ignore"), seed=0)
    assert any("set aside; 1 group " in finding for finding in split.findings)
    clean = split_images(audited(labels, groups, parts), SplitConfig(given="ignore"), seed=0)
    assert any("set aside; no group crosses it" in finding for finding in clean.findings)


def test_an_exact_copy_in_another_part_counts_as_a_crossing_and_the_image_goes_to_the_strictest() -> None:
    labels, groups, parts = sound()
    ids = [f"{number:064x}" for number in range(60)]
    # The file that is kept lies in train, its quarantined copy in test.
    found = audited(
        [*labels, "a"],
        [*groups, groups[0]],
        [*parts, "test"],
        image_ids=[*ids, ids[0]],
        reasons=[""] * 60 + ["exact duplicate: of 0.png"],
    )
    with pytest.raises(DataError, match=r"1 group .*'s0' \(test 1, as exact copies\)"):
        split_images(found, HONOUR, seed=0)
    split = split_images(found, REPAIR, seed=0)
    assert split.parts[split.image_ids.index(ids[0])] == "test"
    assert split.left_out == ()
    assert "1 group " in split.findings[0]


def test_a_class_that_only_the_given_test_part_has_is_told() -> None:
    labels, groups, parts = sound()
    found = audited([*labels, *"cccc"], [*groups, "c0", "c1", "c2", "c3"], [*parts, *["test"] * 4])
    with pytest.raises(DataError, match=r"train has none of \['c'\]"):
        split_images(found, HONOUR, seed=0)


def test_classes_that_lie_in_one_given_part_each_are_told_with_the_counts() -> None:
    found = audited(["a"] * 12 + ["b"] * 12, [f"s{number}" for number in range(24)], ["train"] * 12 + ["test"] * 12)
    with pytest.raises(DataError, match=r"Every class needs images in train, validation and test.*train: a \d+, b 0"):
        split_images(found, HONOUR, seed=0)


def test_a_class_with_one_patient_in_the_given_training_part_cannot_be_validated_on() -> None:
    labels, groups, _ = sound()
    found = audited([*labels, *"ccc"], [*groups, "c0", "c0", "c1"], [*["train", "test"] * 30, "train", "train", "test"])
    with pytest.raises(DataError, match=r"2 groups .* train and validation.* class c has 1\..*split\.given: ignore"):
        split_images(found, HONOUR, seed=0)


def test_parts_that_are_taken_out_of_training_are_told() -> None:
    labels, groups, _ = sound()
    found = audited(labels, groups, ["train", "test"] * 30)
    split = split_images(found, HONOUR, seed=0)
    assert any("no validation part" in finding for finding in split.findings)
    assert len(split.rows("test")) == 30


@settings(deadline=None, max_examples=80)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["p", "q", "r", "t", "u"]), st.sampled_from(["", *PARTS])), min_size=1, max_size=25
    )
)
def test_a_repaired_split_leaks_nothing_loses_nothing_and_changes_no_part(rows: list[tuple[str, str]]) -> None:
    labels, groups, parts = sound()
    given_parts = [*parts, *(part for _, part in rows)]
    all_groups = [*groups, *(group for group, _ in rows)]
    found = audited([*labels, *["a"] * len(rows)], all_groups, given_parts)
    split = split_images(found, REPAIR, seed=0)
    part_of = dict(zip(split.image_ids, split.parts, strict=True))
    left_out = {image.image_id for image in split.left_out}
    ids = found.images["image_id"].tolist()
    assert part_of.keys() | left_out == set(ids)
    strictest = {group: max(STRICTNESS[part] for name, part in rows if name == group) for group, _ in rows}
    for image_id, group, part in zip(ids, all_groups, given_parts, strict=True):
        if group in strictest and STRICTNESS[part] < strictest[group]:
            assert image_id in left_out
        else:
            assert part_of[image_id] == (part or "train")
    assert Counter(part for part in split.parts if part == "test")["test"] == given_parts.count("test")
