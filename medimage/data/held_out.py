"""What a locked test set asks of images that arrive after it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimage.data.audit.data_audit import DataAudit
from medimage.data.locked_test_set import LockedTestSet
from medimage.errors import DataError
from medimage.wording import listed

_EXAMPLES = 3

_LOCKED = "held out: in the locked test set"
_RELATED = "held out: its patient or duplicate cluster is in the locked test set"
"""Without the set's name: a division is the same whatever it is called."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Which images a locked test set takes, and which it keeps from being trained on.

    Attributes:
        locked: Whether each image belongs to the test set; shape [images].
        reasons: Why an image must be in no part, empty for all others; shape [images].
    """

    locked: NDArray[np.bool_]
    reasons: NDArray[np.object_]


def hold_test_set(locked: LockedTestSet, audit: DataAudit, images: pd.DataFrame) -> Hold:
    """Finds the images of a locked test set, and those that belong to a group of theirs.

    Such an image cannot be trained on, because the test would be passed by remembering, and cannot be tested on,
    because the test set is to stay as it was.

    Args:
        locked: The locked test set.
        audit: The audited images.
        images: The usable ones, with the columns `image_id`, `label`, `name` and `group`.

    Raises:
        DataError: If images of the test set are missing or quarantined, or have another class.
    """
    _require_images(locked, audit, images)
    _require_labels(locked, images)
    is_locked = images["image_id"].isin(locked.image_ids).to_numpy()
    of_known = audit.images["patient"].isin(locked.patients_among(audit.images["patient"]))
    related = images["group"].isin(images.loc[is_locked, "group"]) | images["image_id"].isin(
        audit.images.loc[of_known, "image_id"]
    )
    # A patient may have been forgotten by the source since; the rest of the group shares the image's fate.
    related = images["group"].isin(images.loc[related, "group"]).to_numpy() & ~is_locked
    return Hold(locked=is_locked, reasons=np.where(related, _RELATED, "").astype(object))


def hold_from_folds(locked: LockedTestSet, audit: DataAudit, images: pd.DataFrame) -> NDArray[np.object_]:
    """Finds the images that must be in no fold, because each fold is trained on where another one is tested.

    Args:
        locked: The locked test set.
        audit: The audited images.
        images: The usable ones, with the columns `image_id`, `label`, `name` and `group`.

    Returns:
        Why an image must be in no fold, empty for all others; shape [images].

    Raises:
        DataError: If images of the test set are missing or quarantined, or have another class.
    """
    hold = hold_test_set(locked, audit, images)
    return np.where(hold.locked, _LOCKED, hold.reasons).astype(object)


def require_given_test_set(
    locked: LockedTestSet, images: pd.DataFrame, parts: NDArray[np.object_], *, left_out: NDArray[np.bool_]
) -> None:
    """Stops where the split that comes with the data tests on other images than the locked ones.

    Args:
        locked: The locked test set.
        images: The usable images, with the columns `image_id` and `name`.
        parts: The given part of each image, empty where nothing is given; shape [images].
        left_out: Whether a repair of the given split leaves the image out; shape [images].

    Raises:
        DataError: With the number of images that came or went.
    """
    is_locked = images["image_id"].isin(locked.image_ids).to_numpy()
    came = (parts == "test") & ~is_locked & ~left_out
    # Without test images of its own, the split left them to be drawn from its training images.
    elsewhere = (parts != "test") if (parts == "test").any() else (parts == "validation")
    gone = is_locked & (elsewhere | left_out)
    if came.any() or gone.any():
        raise _cannot_be_used(
            locked,
            [
                _told(images["name"][came].tolist(), "in the data's own test part but not among its images"),
                _told(images["name"][gone].tolist(), "among its images but in another part of the data's own split"),
            ],
            way_out="Restore the data's own split",
        )


def _require_images(locked: LockedTestSet, audit: DataAudit, images: pd.DataFrame) -> None:
    name_of = dict(zip(locked.image_ids, locked.file_names, strict=True))
    lost = set(locked.image_ids) - set(images["image_id"])
    if not lost:
        return
    files = audit.images[audit.images["image_id"].isin(lost)].drop_duplicates("image_id")
    missing = sorted(name_of[image_id] for image_id in lost - set(files["image_id"]))
    quarantined = [f"{name} ({reason})" for name, reason in zip(files["name"], files["reason"], strict=True)]
    raise _cannot_be_used(
        locked,
        [_told(missing, "not among the data any more"), _told(quarantined, "quarantined now")],
        way_out="Bring these images back as they were",
    )


def _require_labels(locked: LockedTestSet, images: pd.DataFrame) -> None:
    label_of = dict(zip(locked.image_ids, locked.labels, strict=True))
    mine = images[images["image_id"].isin(locked.image_ids)]
    changed = [
        f"{name} (was {label_of[image_id]}, is {label})"
        for name, image_id, label in zip(mine["name"], mine["image_id"], mine["label"], strict=True)
        if label_of[image_id] != label
    ]
    if changed:
        raise _cannot_be_used(
            locked, [_told(changed, "of another class now")], way_out="Restore their classes (see data.labels)"
        )


def _told(names: Sequence[str], what: str) -> str:
    if not names:
        return ""
    return f"{len(names)} {'is' if len(names) == 1 else 'are'} {what}: {listed(names, most=_EXAMPLES)}"


def _cannot_be_used(locked: LockedTestSet, problems: list[str], *, way_out: str) -> DataError:
    return DataError(
        f"The locked {locked.reference} ({len(locked.image_ids)} images), cannot be used as it was: "
        f"{'; '.join(problem for problem in problems if problem)}. {way_out}, or give split.test_set another name than "
        f"'{locked.name}' to lock a new test set: results on it do not compare with earlier ones."
    )
