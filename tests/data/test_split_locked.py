"""Splits around a locked test set."""

import dataclasses
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.errors import DataError
from tests.support.rows_to_split import audited, patients

LABELS, GROUPS = patients(60, 2)
CONFIG = SplitConfig()


def lock(audit: DataAudit, config: SplitConfig = CONFIG, *, seed: int = 0) -> LockedTestSet:
    split = split_images(audit, config, seed=seed)
    return LockedTestSet.from_split(
        split, audit, name="default", scope="s", family="f", seed=seed, locked_at="2026-01-02T03:04:05+00:00"
    )


def ids_in(split: Split, part: str) -> set[str]:
    return {image_id for image_id, where in zip(split.image_ids, split.parts, strict=True) if where == part}


FIRST = audited(LABELS, GROUPS)
LOCKED = lock(FIRST)
LOCKED_ROW = int(LOCKED.image_ids[0], 16)


def test_the_locked_images_are_those_of_the_split_without_any_name_of_a_patient() -> None:
    split = split_images(FIRST, CONFIG, seed=0)
    assert set(LOCKED.image_ids) == ids_in(split, "test")
    assert LOCKED.labels == tuple(LABELS[int(image_id, 16)] for image_id in LOCKED.image_ids)
    assert len(LOCKED.patients) == split.group_count("test")
    assert not set(LOCKED.patients) & set(GROUPS)


@settings(deadline=None, max_examples=40)
@given(
    new=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 80)), max_size=40),
    seed=st.integers(0, 100),
    share=st.sampled_from([0.1, 0.4]),
)
def test_whatever_arrives_the_test_set_stays_and_its_patients_are_not_trained_on(
    new: list[tuple[str, int]], seed: int, share: float
) -> None:
    """New images belong to patients 0 to 59, who are known, or to others."""
    more = audited([*LABELS, *(label for label, _ in new)], [*GROUPS, *(f"p{patient}" for _, patient in new)])
    config = SplitConfig(train=0.8 - share, validation=0.2, test=share)
    split = split_images(more, config, seed=seed, locked=LOCKED)
    assert ids_in(split, "test") == set(LOCKED.image_ids)
    tested = {GROUPS[int(image_id, 16)] for image_id in LOCKED.image_ids}
    expected = {f"{120 + row:064x}" for row, (_, patient) in enumerate(new) if f"p{patient}" in tested}
    assert {image.image_id for image in split.left_out} == expected
    assert len(split.image_ids) + len(split.left_out) == 120 + len(new)
    assert any("held out" in finding for finding in split.findings) == bool(expected)


def test_a_new_image_in_a_duplicate_cluster_with_a_locked_one_is_held_out_with_its_reason() -> None:
    # The audit joins the new image's patient with the locked image's.
    joined = [*GROUPS, GROUPS[LOCKED_ROW]]
    more = audited([*LABELS, "a"], joined, patients=[*GROUPS, "new"])
    (image,) = split_images(more, CONFIG, seed=0, locked=LOCKED).left_out
    assert image.image_id == f"{120:064x}"
    assert image.reason == "held out: its patient or duplicate cluster is in the locked test set"


def test_a_patient_of_the_test_set_is_known_again_though_the_locked_image_no_longer_names_them() -> None:
    patient = GROUPS[LOCKED_ROW]
    renamed = [f"x{group}" if group == patient else group for group in GROUPS]
    more = audited([*LABELS, "a", "a"], [*renamed, patient, "someone else"])
    split = split_images(more, CONFIG, seed=0, locked=LOCKED)
    assert [image.image_id for image in split.left_out] == [f"{120:064x}"]


def forgotten(locked: LockedTestSet) -> Split:
    """Returns the division with a new image of a patient whom the locked images no longer name."""
    patient = GROUPS[LOCKED_ROW]
    renamed = [f"x{group}" if group == patient else group for group in GROUPS]
    return split_images(audited([*LABELS, "a"], [*renamed, patient]), CONFIG, seed=0, locked=locked)


def hashed_without_a_secret(locked: LockedTestSet) -> set[str]:
    patients = {GROUPS[int(image_id, 16)] for image_id in locked.image_ids}
    return {hashlib.sha256(f"{locked.family}\n{patient}".encode()).hexdigest() for patient in patients}


def test_patients_of_a_lock_cannot_be_found_by_trying_names_without_the_secret() -> None:
    assert not any(digest in patient for digest in hashed_without_a_secret(LOCKED) for patient in LOCKED.patients)


def test_a_lock_of_an_earlier_version_still_knows_its_patients() -> None:
    earlier = dataclasses.replace(LOCKED, patients=tuple(sorted(hashed_without_a_secret(LOCKED))))
    split = forgotten(earlier)
    assert [image.image_id for image in split.left_out] == [f"{120:064x}"]
    assert not any("MEDIMAGE_SALT" in finding for finding in split.findings)


@pytest.mark.parametrize("folds", [None, 3])
def test_a_lock_with_the_secret_of_another_workspace_says_what_it_cannot_know(
    monkeypatch: pytest.MonkeyPatch, folds: int | None
) -> None:
    config = SplitConfig(folds=folds)
    assert not any("MEDIMAGE_SALT" in told for told in split_images(FIRST, config, seed=0, locked=LOCKED).findings)
    monkeypatch.setenv("MEDIMAGE_SALT", "another secret, long enough")
    told = split_images(FIRST, config, seed=0, locked=LOCKED).findings
    assert any("another secret than this workspace's" in finding for finding in told)
    assert forgotten(LOCKED).left_out == ()


def test_while_nothing_changes_the_split_is_the_one_that_the_set_was_drawn_with() -> None:
    free, around = split_images(FIRST, CONFIG, seed=0), split_images(FIRST, CONFIG, seed=0, locked=LOCKED)
    assert around.parts == free.parts
    assert around.content_hash == free.content_hash
    assert around.test_set == LOCKED.reference


def test_the_share_of_a_locked_test_set_is_told_where_it_is_not_the_configured_one() -> None:
    config = SplitConfig(train=0.5, validation=0.1, test=0.4)
    split = split_images(FIRST, config, seed=0, locked=LOCKED)
    assert any("15.0 % of all images, and not the 40.0 %" in finding for finding in split.findings)
    assert len(ids_in(split, "validation")) == pytest.approx(102 / 6, abs=2)


def test_missing_locked_images_are_counted_and_named() -> None:
    keep = [row for row in range(120) if f"{row:064x}" not in LOCKED.image_ids[:4]]
    fewer = audited(
        [LABELS[row] for row in keep], [GROUPS[row] for row in keep], image_ids=[f"{row:064x}" for row in keep]
    )
    with pytest.raises(DataError) as caught:
        split_images(fewer, CONFIG, seed=0, locked=LOCKED)
    message = str(caught.value)
    assert "'default', locked on 2026-01-02" in message
    assert f"4 are not among the data any more: {LOCKED_ROW}.png" in message
    assert "and 1 more" in message
    assert "Bring these images back" in message
    assert "split.test_set another name" in message


def test_quarantined_locked_images_are_told_with_their_reason() -> None:
    reasons = ["blank: all pixels are about 0" if row == LOCKED_ROW else "" for row in range(120)]
    with pytest.raises(DataError, match=rf"1 is quarantined now: {LOCKED_ROW}\.png \(blank: all pixels"):
        split_images(audited(LABELS, GROUPS, reasons=reasons), CONFIG, seed=0, locked=LOCKED)


def test_another_class_of_a_locked_image_is_told() -> None:
    was = LABELS[LOCKED_ROW]
    other = "b" if was == "a" else "a"
    labels = [other if row == LOCKED_ROW else label for row, label in enumerate(LABELS)]
    with pytest.raises(DataError, match=rf"{LOCKED_ROW}\.png \(was {was}, is {other}\).*data\.labels"):
        split_images(audited(labels, GROUPS), CONFIG, seed=0, locked=LOCKED)


GIVEN = ["test" if row % 6 in (0, 1) else "train" for row in range(120)]
"""Every third patient is tested on."""


def test_a_given_test_part_is_locked_too_and_may_not_change() -> None:
    labels, groups = patients(60, 2, "ab")
    locked = lock(audited(labels, groups, GIVEN))
    assert len(locked.image_ids) == GIVEN.count("test")
    grown = audited([*labels, "a"], [*groups, "p99"], [*GIVEN, "test"])
    with pytest.raises(DataError, match=r"1 is in the data's own test part but not among its images: 120\.png"):
        split_images(grown, CONFIG, seed=0, locked=locked)
    shrunk = audited(labels, groups, ["train" if row < 2 else part for row, part in enumerate(GIVEN)])
    with pytest.raises(DataError, match=r"2 are among its images but in another part of the data's own split"):
        split_images(shrunk, CONFIG, seed=0, locked=locked)
    more_training = audited([*labels, "a"], [*groups, "p99"], [*GIVEN, "train"])
    assert ids_in(split_images(more_training, CONFIG, seed=5, locked=locked), "test") == set(locked.image_ids)


def test_a_test_set_drawn_from_a_given_training_part_stays_when_more_is_given() -> None:
    given_split = ["validation" if row % 6 in (0, 1) else "train" for row in range(120)]
    labels, groups = patients(60, 2, "ab")
    locked = lock(audited(labels, groups, given_split))
    more = audited([*labels, *"ab"], [*groups, "p90", "p91"], [*given_split, "validation", "train"])
    split = split_images(more, CONFIG, seed=3, locked=locked)
    assert ids_in(split, "test") == set(locked.image_ids)
    assert len(ids_in(split, "validation")) == given_split.count("validation") + 1
    taken = int(locked.image_ids[0], 16)
    moved = ["validation" if groups[row] == groups[taken] else part for row, part in enumerate(given_split)]
    with pytest.raises(DataError, match="in another part of the data's own split"):
        split_images(audited(labels, groups, moved), CONFIG, seed=0, locked=locked)


def test_a_split_with_other_test_images_than_the_locked_ones_cannot_be_built() -> None:
    split = split_images(FIRST, CONFIG, seed=0, locked=LOCKED)
    parts = tuple(
        "train" if group == GROUPS[LOCKED_ROW] else part for group, part in zip(GROUPS, split.parts, strict=True)
    )
    with pytest.raises(ValueError, match="Expected the images of test set 'default'"):
        dataclasses.replace(split, parts=parts)


def test_where_and_when_a_set_was_locked_does_not_change_the_hash_of_a_split_and_left_out_images_do() -> None:
    split = split_images(FIRST, CONFIG, seed=0, locked=LOCKED)
    later = dataclasses.replace(LOCKED, locked_at="2027-01-01T00:00:00+00:00", name="other")
    assert split_images(FIRST, CONFIG, seed=0, locked=later).content_hash == split.content_hash
    more = audited([*LABELS, "a"], [*GROUPS, GROUPS[LOCKED_ROW]])
    held = split_images(more, CONFIG, seed=0, locked=LOCKED)
    assert dataclasses.replace(held, left_out=()).content_hash != held.content_hash
    held_later = split_images(more, CONFIG, seed=0, locked=later)
    assert held_later.content_hash == held.content_hash
    assert held_later.bare == held.bare


def test_an_empty_test_set_cannot_be_locked() -> None:
    with pytest.raises(ValueError, match="0 images"):
        dataclasses.replace(LOCKED, image_ids=(), labels=(), file_names=())
