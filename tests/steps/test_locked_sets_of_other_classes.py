"""What becomes of a locked test set where the list of classes changes, against ZenML's own store."""

import json

import pytest

from medimage.config.expectations import ExpectationsConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from steps.locked_test_sets import applying_test_set, split_with_locked_test_set
from tests.support.rows_to_split import audited, patients

LABELS, GROUPS = patients(60, 2, "ab")
NEW_LABELS, NEW_GROUPS = ["c"] * 40, [f"new{row // 2}" for row in range(40)]
CONFIG = SplitConfig()


def divide(audit: DataAudit, name: str, config: SplitConfig = CONFIG, *, seed: int = 1, keep: bool = True) -> Split:
    source = json.dumps({"images": ["classes", name], "place": "here"})
    return split_with_locked_test_set(audit, config, ExpectationsConfig(), seed=seed, source=source, keep=keep)


def images_tested(split: Split) -> set[str]:
    return {split.image_ids[row] for row in split.rows("test")}


@pytest.mark.parametrize("looked_first", [False, True])
def test_a_class_that_arrives_gets_test_images_and_the_locked_ones_stay(*, looked_first: bool) -> None:
    name = f"arrives {looked_first}"
    first = divide(audited(LABELS, GROUPS), name)
    wider = audited([*LABELS, *NEW_LABELS], [*GROUPS, *NEW_GROUPS])
    looked = divide(wider, name, seed=2, keep=False) if looked_first else None
    second, third = divide(wider, name, seed=2), divide(wider, name, seed=3)
    assert images_tested(first) < images_tested(second)
    assert {int(image_id, 16) >= 120 for image_id in images_tested(second) - images_tested(first)} == {True}
    assert second.counts("test")["c"] == pytest.approx(0.15 * 40, abs=2)
    assert images_tested(third) == images_tested(second)
    assert "The classes are others than when the test set 'default', locked on" in second.findings[0]
    assert "all its 16 images were found" in second.findings[0]
    assert not any("classes are others" in finding for finding in third.findings)
    assert looked is None or (images_tested(looked), looked.findings) == (images_tested(second), second.findings)


def test_a_class_that_goes_again_leaves_the_first_test_set() -> None:
    data = audited(LABELS, GROUPS)
    first = divide(data, "goes")
    divide(audited([*LABELS, *NEW_LABELS], [*GROUPS, *NEW_GROUPS]), "goes")
    assert divide(data, "goes", seed=4).test_set == first.test_set


@pytest.mark.parametrize("names", [{"a": "x", "b": "y"}, {"a": "x", "b": "b"}])
def test_classes_that_are_renamed_keep_the_test_images(names: dict[str, str]) -> None:
    name = f"renamed {names}"
    first = divide(audited(LABELS, GROUPS), name)
    second = divide(audited([names[label] for label in LABELS], GROUPS), name, seed=2)
    assert images_tested(second) == images_tested(first)
    assert "a is x" in second.findings[0]


def test_classes_that_are_merged_keep_the_test_images() -> None:
    labels, groups = patients(60, 2, "abc")
    first = divide(audited(labels, groups), "merged")
    second = divide(audited(["b" if label == "c" else label for label in labels], groups), "merged", seed=2)
    assert images_tested(second) == images_tested(first)
    assert "c is b now" in second.findings[0]


def test_a_patient_of_the_test_set_is_known_again_under_other_classes() -> None:
    first = divide(audited(LABELS, GROUPS), "patient")
    known = first.groups[int(first.rows("test")[0])]
    # The locked images no longer name the patient, whom a new image does.
    groups = [f"x{group}" if group == known else group for group in GROUPS]
    patients_now = [known if group == f"x{known}" and row % 2 else group for row, group in enumerate(groups)]
    wider = audited(
        [*LABELS, *NEW_LABELS, "c"], [*groups, *NEW_GROUPS, known], patients=[*patients_now, *NEW_GROUPS, known]
    )
    assert f"{160:064x}" in {image.image_id for image in divide(wider, "patient").left_out}


def test_folds_are_without_the_images_locked_under_other_classes() -> None:
    first = divide(audited(LABELS, GROUPS), "folds")
    wider = audited([*LABELS, *NEW_LABELS], [*GROUPS, *NEW_GROUPS])
    config = SplitConfig(folds=3)
    split = divide(wider, "folds", config)
    assert {image.image_id for image in split.left_out} == images_tested(first)
    source = json.dumps({"images": ["classes", "folds"], "place": "here"})
    locked = applying_test_set(wider, config, source=source)
    assert locked is not None
    assert set(locked.image_ids) == images_tested(first)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("dropped", "of its 16 images are not among these data, such as"),
        ("quarantined", "1 of its 16 images is quarantined"),
        ("divided", "its images of a are under a and c now"),
    ],
)
def test_a_test_set_that_cannot_stay_is_told_as_left_with_the_reason(change: str, words: str) -> None:
    first = divide(audited(LABELS, GROUPS), change)
    victim = min(
        image_id
        for image_id, label, part in zip(first.image_ids, first.labels, first.parts, strict=True)
        if (label, part) == ("a", "test")
    )
    labels, groups = [*LABELS, *NEW_LABELS], [*GROUPS, *NEW_GROUPS]
    rows = [row for row in range(len(labels)) if change != "dropped" or labels[row] != "a"]
    reasons = ["blank: nothing" if change == "quarantined" and row == int(victim, 16) else "" for row in rows]
    if change == "divided":
        labels[int(victim, 16)] = "c"
    second = divide(
        audited(
            [labels[row] for row in rows],
            [groups[row] for row in rows],
            image_ids=[f"{row:064x}" for row in rows],
            reasons=reasons,
        ),
        change,
    )
    assert "The test set 'default', locked on" in second.findings[0]
    assert "for the classes a and b, is left" in second.findings[0]
    assert words in second.findings[0]
    assert second.test_set is not None
    assert second.test_set != first.test_set


def test_another_problem_on_the_same_images_has_its_own_test_set_and_says_nothing() -> None:
    divide(audited(LABELS, GROUPS), "one problem")
    labels, groups = patients(60, 2, "xyz")
    assert not any("classes are others" in finding for finding in divide(audited(labels, groups), "another").findings)
