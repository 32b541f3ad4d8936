"""New images among those that a model was trained on, around its locked test set."""

import dataclasses
import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from medimage.config.audit import AuditConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.split import Split
from medimage.data.splitting import split_images
from medimage.registry.seen_images import SeenImages
from medimage.retraining.contribution import Contribution
from medimage.retraining.merge import MergedImages, merge_new_images
from medimage.retraining.new_image import KNOWN, LOCKED, RELATED
from medimage.retraining.unseen import find_unseen
from tests.support.images import encode, textured

CONFIG, SPLIT = AuditConfig(maximum_quarantined_share=1.0), SplitConfig()


def record(seed: int, label: str, *, group: str = "", name: str = "", given_split: str = "") -> ImageRecord:
    """Returns an image that no other seed's image resembles."""
    encoded = encode(textured(seed))
    return ImageRecord(
        name=name or f"{label}/{seed}.png", encoded=encoded, label=label, group=group, given_split=given_split
    )


BASE_RECORDS = [
    record(1000 * index + 2 * patient + image, label, group=f"{label}{patient}")
    for index, label in enumerate(("ill", "well"))
    for patient in range(16)
    for image in range(2)
]


@dataclasses.dataclass(frozen=True)
class Trained:
    """Images that a model was trained on, and how they were divided."""

    table: ImageTable
    audit: DataAudit
    split: Split
    locked: LockedTestSet

    def row(self, part: str) -> ImageRecord:
        """Returns the first image of a part."""
        image_id = next(
            each for each, where in zip(self.split.image_ids, self.split.parts, strict=True) if where == part
        )
        return next(each for each in BASE_RECORDS if each.image_id == image_id)

    def merge(self, records: Sequence[ImageRecord]) -> MergedImages:
        new = ImageTable.write(records, classes=("ill", "well"), skipped_files=(("notes.txt", "no image"),))
        return merge_new_images(self.table, self.audit, new, locked=self.locked, config=CONFIG, color_mode="gray")

    def divided(self, merged: MergedImages) -> tuple[DataAudit, Split]:
        audit = audit_images(merged.images, CONFIG, color_mode="gray")
        return audit, split_images(audit, SPLIT, seed=1, locked=self.locked)


@pytest.fixture(scope="module")
def trained() -> Trained:
    table = ImageTable.write(BASE_RECORDS, classes=("ill", "well"))
    audit = audit_images(table, CONFIG, color_mode="gray")
    split = split_images(audit, SPLIT, seed=1)
    locked = LockedTestSet.from_split(
        split, audit, name="default", scope="scope", family="family", seed=1, locked_at="2026-01-01T00:00:00+00:00"
    )
    return Trained(table, audit, split, locked)


def reasons(merged: MergedImages) -> dict[str, str]:
    return {file.name.removeprefix("new data/"): file.reason for file in merged.new.files}


def brighter(image: ImageRecord) -> bytes:
    """Returns a near-duplicate: another file, other pixels, the same picture."""
    pixels = np.asarray(Image.open(io.BytesIO(image.encoded)), dtype=np.float64)
    return encode(np.clip(pixels * 0.8 + 30, 0, 255).astype(np.uint8))


def test_a_new_image_is_taken_in_and_the_test_set_stays_as_it_is(trained: Trained) -> None:
    merged = trained.merge([record(9000 + number, "ill", group=f"n{number // 2}") for number in range(8)])
    assert len(merged.new.taken) == 8
    assert merged.new.per_class(("ill", "well")) == {"ill": 8, "well": 0}
    audit, split = trained.divided(merged)
    assert {split.image_ids[row] for row in split.rows("test")} == set(trained.locked.image_ids)
    contribution = Contribution.of(merged.new, split)
    assert sum(contribution.parts["train"].values()) + sum(contribution.parts["validation"].values()) == 8
    assert contribution.left_out == {"no image": 1}
    assert "the locked test set is as it was" in contribution.sentences()[0]
    assert audit.files_found == trained.table.files_found + 9


def test_an_image_of_the_test_set_does_not_come_in_under_any_name_or_class(trained: Trained) -> None:
    tested = trained.row("test")
    other = "well" if tested.label == "ill" else "ill"
    renamed = dataclasses.replace(tested, name="new.png", group="somebody else")
    relabelled = dataclasses.replace(tested, name="other.png", label=other, group="")
    merged = trained.merge([renamed, relabelled])
    assert reasons(merged) == {"new.png": LOCKED, "other.png": LOCKED, "notes.txt": "no image"}
    assert merged.images.records["image_id"].nunique() == len(BASE_RECORDS)
    trained.divided(merged)


def test_a_near_duplicate_of_a_test_image_stays_out_where_duplicates_may_be_divided(trained: Trained) -> None:
    tested = trained.row("test")
    copy = ImageRecord(name="copy.png", encoded=brighter(tested), label=tested.label, group="new patient")
    merged = merge_new_images(
        trained.table,
        trained.audit,
        ImageTable.write([copy], classes=("ill", "well")),
        locked=trained.locked,
        config=CONFIG.model_copy(update={"group_duplicates": False}),
        color_mode="gray",
    )
    assert reasons(merged) == {"copy.png": RELATED}


def test_a_near_duplicate_of_a_test_image_stays_out_with_all_of_its_patient(trained: Trained) -> None:
    tested = trained.row("test")
    copy = ImageRecord(name="copy.png", encoded=brighter(tested), label=tested.label, group="new patient")
    merged = trained.merge([copy, record(9100, "ill", group="new patient", name="same.png"), record(9101, "ill")])
    found = reasons(merged)
    assert (found["copy.png"], found["same.png"], found["ill/9101.png"]) == (RELATED, RELATED, "")


@pytest.mark.parametrize("label", ["ill", "well"])
def test_the_patient_of_a_copy_of_a_test_image_stays_out_whatever_the_copy_is_called(
    trained: Trained, label: str
) -> None:
    copy = dataclasses.replace(trained.row("test"), name="copy.png", label=label, group="another name")
    merged = trained.merge([copy, record(9150, "ill", group="another name", name="same.png"), record(9151, "ill")])
    found = reasons(merged)
    assert (found["copy.png"], found["same.png"], found["ill/9151.png"]) == (LOCKED, RELATED, "")


def test_a_patient_of_the_test_set_stays_out(trained: Trained) -> None:
    tested = trained.row("test")
    merged = trained.merge([record(9200, tested.label, group=tested.group, name="again.png")])
    assert reasons(merged)["again.png"] == RELATED


def test_a_near_duplicate_of_a_test_image_that_is_called_a_training_patient_costs_no_training_image(
    trained: Trained,
) -> None:
    tested, learnt = trained.row("test"), trained.row("train")
    bridge = ImageRecord(name="bridge.png", encoded=brighter(tested), label=learnt.label, group=learnt.group)
    merged = trained.merge([bridge])
    assert reasons(merged)["bridge.png"] == RELATED
    _, split = trained.divided(merged)
    assert split.left_out == trained.split.left_out
    assert learnt.image_id in split.image_ids


def test_what_is_known_already_counts_once_and_what_contradicts_it_is_told(trained: Trained) -> None:
    learnt = trained.row("train")
    other = "well" if learnt.label == "ill" else "ill"
    again, contradicting = (
        dataclasses.replace(learnt, name=f"{label}.png", label=label) for label in (learnt.label, other)
    )
    found = reasons(trained.merge([again, contradicting]))
    assert found[f"{learnt.label}.png"] == KNOWN
    assert found[f"{other}.png"] == f"contradiction (the configured data call it {learnt.label}, and not {other})"


def test_files_that_cannot_be_used_are_left_out_with_what_is_wrong(trained: Trained) -> None:
    twice = record(9300, "ill", name="first.png")
    merged = trained.merge(
        [
            ImageRecord(name="broken.png", encoded=twice.encoded[:60], label="ill"),
            ImageRecord(name="text.png", encoded=b"no image", label="ill"),
            twice,
            dataclasses.replace(twice, name="second.png"),
        ]
    )
    found = reasons(merged)
    assert found["broken.png"].startswith("damaged (")
    assert found["text.png"].startswith("not an image (")
    assert found["second.png"].startswith("exact duplicate (")
    assert found["first.png"] == ""
    assert merged.new.left_out == {"damaged": 1, "not an image": 1, "exact duplicate": 1, "no image": 1}


def test_where_all_is_known_the_images_are_the_configured_ones(trained: Trained) -> None:
    merged = trained.merge(BASE_RECORDS[:10])
    assert merged.new.taken == ()
    audit, split = trained.divided(merged)
    assert split == dataclasses.replace(trained.split, test_set=split.test_set, findings=split.findings)
    assert audit.class_counts == trained.audit.class_counts


def test_names_of_new_files_are_never_those_of_others(trained: Trained) -> None:
    merged = trained.merge([record(9400, "ill", name=BASE_RECORDS[0].name)])
    assert merged.images.records["name"].is_unique
    again = merge_new_images(
        merged.images,
        audit_images(merged.images, CONFIG, color_mode="gray"),
        ImageTable.write([record(9401, "ill", name=BASE_RECORDS[0].name)], classes=("ill", "well")),
        locked=trained.locked,
        config=CONFIG,
        color_mode="gray",
    )
    assert again.images.records["name"].is_unique


def test_a_part_that_new_data_give_themselves_does_not_count(trained: Trained) -> None:
    merged = trained.merge([record(9500 + number, "ill", given_split="test") for number in range(3)])
    assert set(merged.images.records["given_split"]) == {""}


def test_unseen_images_are_those_that_may_be_trained_on_and_were_not(trained: Trained) -> None:
    seen = SeenImages.of([trained.split])
    merged = trained.merge([record(9600, "ill"), dataclasses.replace(trained.row("test"), name="t.png")])
    found = find_unseen(trained.audit, locked=trained.locked, new=merged.new, seen=seen)
    assert (found.per_class, found.lost) == ({"ill": 1, "well": 0}, 0)
    learnt = trained.row("train")
    fewer = SeenImages(train=seen.train - {learnt.image_id}, validation=seen.validation | {"gone"})
    found = find_unseen(trained.audit, locked=trained.locked, new=None, seen=fewer)
    assert (sum(found.per_class.values()), found.per_class[learnt.label], found.lost) == (1, 1, 1)
    unknown = find_unseen(trained.audit, locked=trained.locked, new=merged.new, seen=None)
    assert (unknown.per_class, unknown.lost) == ({"ill": 1, "well": 0}, 0)


NEW = st.lists(
    st.tuples(
        st.sampled_from(["fresh", "copy", "near"]),
        st.integers(0, len(BASE_RECORDS) - 1),
        st.sampled_from(["ill", "well"]),
        st.sampled_from(["", "n1", "n2", "ill1", "well2", "ill5", "well7"]),
        st.sampled_from(["", "train", "validation", "test"]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.proof
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=NEW)
def test_no_new_data_change_the_test_set_or_bring_what_belongs_to_it_into_training(
    trained: Trained, drawn: list[tuple[str, int, str, str, str]]
) -> None:
    records = []
    for number, (kind, place, label, group, given_split) in enumerate(drawn):
        old = BASE_RECORDS[place]
        encoded = {"fresh": encode(textured(7000 + number)), "copy": old.encoded, "near": brighter(old)}[kind]
        records.append(
            ImageRecord(name=f"{number}.png", encoded=encoded, label=label, group=group, given_split=given_split)
        )
    merged = trained.merge(records)
    audit, split = trained.divided(merged)
    tested = {split.image_ids[row] for row in split.rows("test")}
    assert tested == set(trained.locked.image_ids)
    groups = dict(zip(audit.usable["image_id"], audit.usable["group"], strict=True))
    tested_groups = {groups[image_id] for image_id in tested}
    learnt = [each for each, part in zip(split.image_ids, split.parts, strict=True) if part != "test"]
    assert not tested_groups & {groups[image_id] for image_id in learnt}
    patients = {each.group for each in BASE_RECORDS if each.image_id in tested}
    # Whoever has a picture of the test set is a patient of it, by whatever name.
    pictured = [BASE_RECORDS[place].image_id if kind != "fresh" else "" for kind, place, *_ in drawn]
    patients |= {each.group for each, image_id in zip(records, pictured, strict=True) if image_id in tested} - {""}
    for file in merged.new.taken:
        source = next(each for each in records if each.image_id == file.image_id)
        assert source.group not in patients
    # Every file is told, taken in or left out.
    assert len(merged.new.files) == len(records) + 1
