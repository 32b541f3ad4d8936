"""Puts new labelled images among those that a model was trained on, without touching its locked test set."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import DataAudit
from medimage.data.held_out import hold_test_set
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.stable_groups import images_in_stable_groups
from medimage.data.table_records import table_records
from medimage.retraining.new_image import KNOWN, LOCKED, OTHER_LABEL, RELATED, NewImage, NewImages
from medimage.serving.color_mode import ColorMode

_FOLDER = "new data"


@dataclass(frozen=True, kw_only=True)
class MergedImages:
    """All images of a retraining.

    Attributes:
        images: The configured ones, and the new ones that are taken in.
        new: What became of each new one.
    """

    images: ImageTable
    new: NewImages


def merge_new_images(
    base: ImageTable,
    audit: DataAudit,
    new: ImageTable,
    *,
    locked: LockedTestSet,
    config: AuditConfig,
    color_mode: ColorMode,
) -> MergedImages:
    """Takes in every new image that may be trained on; of all others, it tells why not.

    Left out are images that the audit cannot use, that are among the configured ones already, and that are of the
    locked test set: by their bytes, as near-duplicates by the audit's own comparison, or by patient. What is related to
    such an image through other new ones is left out as well. No configured image changes, so none leaves the test set,
    and the division around it lets no new one in (`hold_test_set`).

    Args:
        base: The configured images.
        audit: Their audit.
        new: The new ones; of the same classes.
        locked: The test set.
        config: Thresholds of the audit.
        color_mode: How images are decoded.
    """
    folder = _free_folder(base)
    reasons = _reasons_at_sight(base, new, locked)
    parts = _parts_of_patients(base)
    if any(not reason for reason in reasons.values()):
        held = _held(locked, audit)
        looked = _look(base, new, reasons, held=held, config=config, color_mode=color_mode, folder=folder)
        found = _reasons_of_audit(looked, locked, held=held, folder=folder)
        reasons |= {name: found[name] for name, reason in reasons.items() if not reason}
    taken = [name for name in new.records["name"] if not reasons[name]]
    files = [
        *(
            NewImage(name=f"{folder}/{name}", image_id=image_id, label=label, reason=reasons[name])
            for name, image_id, label in new.records[["name", "image_id", "label"]].itertuples(index=False)
        ),
        *(NewImage(name=f"{folder}/{name}", image_id="", label="", reason=why) for name, why in new.skipped_files),
    ]
    left_out = tuple((file.name, _skipped(file.reason)) for file in files if file.reason)
    merged = ImageTable.write(
        _chained(table_records(base), _renamed(table_records(new, taken), folder, parts)),
        classes=base.classes,
        skipped_files=tuple(sorted((*base.skipped_files, *left_out))),
        files_found=base.files_found + new.files_found,
        notes=(*base.notes, *(note for note in new.notes if note not in base.notes)),
    )
    return MergedImages(images=merged, new=NewImages(files=tuple(files)))


def _free_folder(base: ImageTable) -> str:
    """Returns what the names of new files begin with, which no configured one does."""
    folder = _FOLDER
    while base.records["name"].str.startswith(f"{folder}/").any():
        folder += "+"
    return folder


def _reasons_at_sight(base: ImageTable, new: ImageTable, locked: LockedTestSet) -> dict[str, str]:
    """Returns why new files are left out whose bytes are known, by name; empty for all others."""
    labels: Mapping[str, str] = dict(zip(base.records["image_id"], base.records["label"], strict=True))
    tested = set(locked.image_ids)

    def reason(image_id: str, label: str) -> str:
        if image_id in tested:
            return LOCKED
        known = labels.get(image_id)
        if known is None:
            return ""
        return KNOWN if known == label else f"{OTHER_LABEL} (the configured data call it {known}, and not {label})"

    rows = new.records[["name", "image_id", "label"]].itertuples(index=False)
    return {name: reason(image_id, label) for name, image_id, label in rows}


def _held(locked: LockedTestSet, audit: DataAudit) -> set[str]:
    """Returns the configured images that nobody may learn from: the test set, and what is held out because of it."""
    images = images_in_stable_groups(audit)
    hold = hold_test_set(locked, audit, images)
    held = images[hold.locked | (hold.reasons != "")]
    return set(held["image_id"])


def _look(
    base: ImageTable,
    new: ImageTable,
    reasons: Mapping[str, str],
    *,
    held: set[str],
    config: AuditConfig,
    color_mode: ColorMode,
    folder: str,
) -> DataAudit:
    """Returns the audit of new files beside what is held.

    Copies of held images are among them, under the class that the configured data give them: they may know the patient
    by another name, and that patient's other images are not to be learnt from either.
    """
    beside = base.records[base.records["image_id"].isin(held)]
    labels: Mapping[str, str] = dict(zip(beside["image_id"], beside["label"], strict=True))
    rows = new.records[["name", "image_id"]].itertuples(index=False)
    names = [name for name, image_id in rows if not reasons[name] or image_id in held]
    records = (replace(each, label=labels.get(each.image_id, each.label)) for each in table_records(new, names))
    together = ImageTable.write(
        _chained(table_records(base, beside["name"].tolist()), _renamed(records, folder, {})), classes=base.classes
    )
    # Also where the configuration lets duplicates be divided: nothing new may come near the test set.
    return audit_images(together, config.model_copy(update={"group_duplicates": True}), color_mode=color_mode)


def _reasons_of_audit(looked: DataAudit, locked: LockedTestSet, *, held: set[str], folder: str) -> dict[str, str]:
    images = looked.images
    is_held = images["image_id"].isin(held) | images["patient"].isin(locked.patients_among(images["patient"]))
    # What cannot be read has no group but its patient, and is left out anyway.
    groups = set(images.loc[is_held, "group"])
    rows = images.loc[images["name"].str.startswith(f"{folder}/"), ["name", "reason", "group"]]
    return {
        name.removeprefix(f"{folder}/"): _told(reason) if reason else RELATED if group in groups else ""
        for name, reason, group in rows.itertuples(index=False)
    }


def _told(reason: str) -> str:
    """Returns a reason of the audit with its particulars in parentheses, so that files are counted by what it says."""
    category, _, words = reason.partition(": ")
    return f"{category} ({words})"


def _skipped(reason: str) -> str:
    return f"new, and left out ({reason})"


def _parts_of_patients(base: ImageTable) -> dict[str, str]:
    """Returns the part of a split that comes with the data in which new images of each patient belong.

    Where the data come with no split, there is none. With one, an image is trained on, unless its patient is validated
    on: then a split that is honoured would be crossed.
    """
    records: pd.DataFrame = base.records
    if not (records["given_split"] != "").any():
        return {}
    known = records[(records["group"] != "") & (records["given_split"] == "validation")]
    return {"": "train", **dict.fromkeys(known["group"], "validation")}


def _renamed(records: Iterator[ImageRecord], folder: str, parts: Mapping[str, str]) -> Iterator[ImageRecord]:
    """Yields new images under their names in the run; parts that the new data give themselves do not count."""
    everyone = parts.get("", "")
    for record in records:
        part = parts.get(record.group, everyone)
        yield replace(record, name=f"{folder}/{record.name}", given_split=part)


def _chained(*streams: Iterator[ImageRecord]) -> Iterator[ImageRecord]:
    for stream in streams:
        yield from stream
