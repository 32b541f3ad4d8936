"""Locked test sets against ZenML's own store, in the order in which runs would come."""

import dataclasses
import json
import threading

import pytest
from zenml.client import Client

from medimage.config.expectations import ExpectationsConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.lock_scope import lock_scope
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.errors import DataError
from steps.locked_test_sets import find_locked_test_set, split_with_locked_test_set
from tests.support.rows_to_split import audited, patients

EXPECTATIONS = ExpectationsConfig()


def divide(
    audit: DataAudit,
    config: SplitConfig,
    expectations: ExpectationsConfig = EXPECTATIONS,
    *,
    seed: int,
    source: str,
    keep: bool = True,
) -> Split:
    return split_with_locked_test_set(audit, config, expectations, seed=seed, source=source, keep=keep)


def source(name: str, place: str = "here") -> str:
    return json.dumps({"images": ["tests", name], "place": place})


def images_tested(split: Split) -> set[str]:
    return {split.image_ids[row] for row in split.rows("test")}


def test_later_runs_test_on_the_images_of_the_first_whatever_arrives_and_however_it_is_drawn() -> None:
    first = divide(audited(*patients(60, 2)), SplitConfig(), seed=1, source=source("later"))
    more = audited(*patients(100, 2))
    later = SplitConfig(train=0.5, validation=0.1, test=0.4)
    second = divide(more, later, seed=2, source=source("later"))
    assert images_tested(second) == images_tested(first)
    assert second.test_set == first.test_set
    assert len(second.image_ids) == 200
    unlocked = SplitConfig(test_set=None)
    assert divide(more, unlocked, seed=2, source=source("later")).test_set is None


def test_the_same_run_again_gives_the_same_split_as_if_nothing_were_locked() -> None:
    data = audited(*patients(60, 2))
    first, again = (divide(data, SplitConfig(), seed=1, source=source("again")) for _ in range(2))
    alone = divide(data, SplitConfig(test_set=None), seed=1, source=source("again"))
    assert first == again
    assert first.parts == alone.parts
    assert first.content_hash == alone.content_hash


@pytest.mark.parametrize(
    ("name", "where", "classes"),
    [("other", "here", "abc"), ("default", "of another problem", "abc"), ("default", "here", "xyz")],
)
def test_another_name_problem_or_classes_have_a_test_set_of_their_own(name: str, where: str, classes: str) -> None:
    divide(audited(*patients(60, 2)), SplitConfig(), seed=1, source=source("here"))
    fewer = audited(*patients(30, 2, classes))
    split = divide(fewer, SplitConfig(test_set=name), seed=1, source=source(where))
    assert split.test_set is not None
    assert len(split.image_ids) == 60


def test_images_that_have_gone_are_told_and_nothing_new_is_locked() -> None:
    divide(audited(*patients(60, 2)), SplitConfig(), seed=1, source=source("gone"))
    with pytest.raises(DataError, match=r"not among the data any more.*split\.test_set another name"):
        divide(audited(*patients(30, 2)), SplitConfig(), seed=1, source=source("gone"))


def test_a_division_that_fails_locks_nothing() -> None:
    labels, groups = patients(6, 2)
    with pytest.raises(DataError, match="class a has 2"):
        divide(audited(labels, groups), SplitConfig(), seed=1, source=source("fails"))
    assert find_locked_test_set(lock_scope(source("fails"), name="default", classes="abc")) is None


@pytest.mark.parametrize("place", ["here", "there"])
def test_a_division_that_stops_the_run_locks_nothing_at_any_place(place: str) -> None:
    name = f"refused {place}"
    if place == "there":
        divide(audited(*patients(60, 2)), SplitConfig(), seed=1, source=source(name))
    data = audited(*patients(60, 2))
    drawn = split_images(data, SplitConfig(), seed=1)
    images = data.images.copy()
    images.loc[images["image_id"].isin(images_tested(drawn)), "mean_intensity"] += 60
    strange = dataclasses.replace(data, images=images)
    critical = ExpectationsConfig(critical=("intensities",))
    with pytest.raises(DataError, match="The data cannot be trusted: The 18 test images"):
        divide(strange, SplitConfig(), critical, seed=1, source=source(name, place))
    assert find_locked_test_set(lock_scope(source(name, place), name="default", classes="abc")) is None
    assert divide(strange, SplitConfig(), seed=1, source=source(name, place)).test_set is not None


def test_runs_that_draw_at_the_same_time_agree_on_one_test_set() -> None:
    assert Client().active_stack  # makes the store, which is another thing than using it at the same time
    data, together = audited(*patients(60, 2)), threading.Barrier(3)
    splits: list[Split] = []

    def run(seed: int) -> None:
        together.wait()
        splits.append(divide(data, SplitConfig(), seed=seed, source=source("at once")))

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(splits) == 3
    assert len({frozenset(images_tested(split)) for split in splits}) == 1


@pytest.mark.parametrize("more", [0, 40])
def test_data_that_were_moved_are_tested_on_the_images_locked_before_and_it_is_said(more: int) -> None:
    name = f"moved {more}"
    first = divide(audited(*patients(60, 2)), SplitConfig(), seed=1, source=source(name))
    data = audited(*patients(60 + more, 2))
    looked = divide(data, SplitConfig(), seed=2, source=source(name, "there"), keep=False)
    moved, again = (divide(data, SplitConfig(), seed=2, source=source(name, "there")) for _ in range(2))
    for split in (looked, moved, again):
        assert images_tested(split) == images_tested(first)
        assert split.test_set == first.test_set
    assert "lie elsewhere than when the test set 'default', locked on" in looked.findings[0]
    assert looked.findings == moved.findings
    assert not any("lie elsewhere" in finding for finding in again.findings)


def test_a_patient_of_a_test_set_that_was_moved_is_held_out() -> None:
    labels, groups = patients(60, 2)
    first = divide(audited(labels, groups), SplitConfig(), seed=1, source=source("held"))
    tested = first.groups[int(first.rows("test")[0])]
    # The locked images no longer name the patient, whom a new image does.
    renamed = [f"x{group}" if group == tested else group for group in groups]
    data = audited([*labels, "a", "a"], [*renamed, tested, "someone else"])
    moved = divide(data, SplitConfig(), seed=1, source=source("held", "there"))
    assert [image.image_id for image in moved.left_out] == [f"{120:064x}"]


def test_data_with_a_part_of_a_locked_test_set_are_not_divided_anew() -> None:
    divide(audited(*patients(60, 2)), SplitConfig(), seed=1, source=source("part"))
    fewer = audited(*patients(30, 2))
    with pytest.raises(DataError, match=r"\d+ of the 18 images of the test set 'default', locked on .*split\.test_set"):
        divide(fewer, SplitConfig(), seed=1, source=source("part", "there"))
    assert find_locked_test_set(lock_scope(source("part", "there"), name="default", classes="abc")) is None
    other = SplitConfig(test_set="small")
    assert divide(fewer, other, seed=1, source=source("part", "there")).test_set is not None


def test_other_images_of_the_same_problem_have_a_test_set_of_their_own() -> None:
    divide(audited(*patients(60, 2)), SplitConfig(), seed=1, source=source("others"))
    ids = [f"{row:064x}" for row in range(1000, 1120)]
    data = audited(*patients(60, 2), image_ids=ids)
    split = divide(data, SplitConfig(), seed=1, source=source("others", "there"))
    assert images_tested(split) <= set(ids)
    assert not any("lie elsewhere" in finding for finding in split.findings)


def test_locked_images_are_in_no_fold() -> None:
    data = audited(*patients(60, 2))
    first = divide(data, SplitConfig(), seed=1, source=source("no fold"))
    for place in ("here", "there"):
        config = SplitConfig(folds=3)
        split = divide(data, config, seed=1, source=source("no fold", place))
        assert {image.image_id for image in split.left_out} == images_tested(first)
        assert any("18 images are held out, in no fold" in finding for finding in split.findings)
    everything = SplitConfig(folds=3, test_set=None)
    assert divide(data, everything, seed=1, source=source("no fold")).left_out == ()


def test_folds_lock_nothing() -> None:
    config = SplitConfig(folds=3)
    assert divide(audited(*patients(60, 2)), config, seed=1, source=source("folds")).test_set is None
    assert find_locked_test_set(lock_scope(source("folds"), name="default", classes="abc")) is None


def test_a_locked_test_set_can_be_seen_in_the_dashboard() -> None:
    split = divide(audited(*patients(60, 2)), SplitConfig(), seed=1, source=source("seen"))
    assert split.test_set is not None
    (version,) = Client().list_artifact_versions(
        artifact="locked_test_set", run_metadata=[f"digest:{split.test_set.digest}", "images:18"], hydrate=True, size=1
    )
    assert version.run_metadata["name"] == "default"
    assert version.visualizations
