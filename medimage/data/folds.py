"""Stratified folds that no group crosses."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from medimage.data.audit.data_audit import DataAudit
from medimage.data.class_shares import unequal_shares
from medimage.data.few_groups import require_groups
from medimage.data.partition import partition_groups
from medimage.data.split import Split, refuse_unknown_labels
from medimage.data.stable_groups import images_in_stable_groups
from medimage.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Folds:
    """A division of images into folds, each of which can be the test set of the others: no group is in two.

    Attributes:
        image_ids: SHA-256 of each image's bytes.
        labels: Class of each image.
        groups: What must stay together: patient, lesion, duplicate cluster.
        folds: Fold of each image, from 0.
        count: Number of folds, at least 2.
        classes: Class names in the order of a model's outputs.

    Raises:
        DataError: If a group has images in two folds, a fold lacks a class, or an image repeats.
        ValueError: If the lengths differ, a label or fold is unknown, or there are fewer than two folds.
    """

    image_ids: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    folds: tuple[int, ...]
    count: int
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not (len(self.image_ids) == len(self.labels) == len(self.groups) == len(self.folds)):
            raise ValueError(
                f"Expected one label, group and fold for each of {len(self.image_ids)} images but got "
                f"{len(self.labels)}, {len(self.groups)} and {len(self.folds)}"
            )
        if self.count < 2 or not set(self.folds) <= set(range(self.count)):
            raise ValueError(f"Expected 2 folds or more, from 0, but got {sorted(set(self.folds))} of {self.count}")
        refuse_unknown_labels(self.labels, self.classes)
        if len(set(self.image_ids)) != len(self.image_ids):
            raise DataError("Folds must have each image once, but some image ids repeat.")
        crossing = Split.crossing_groups(self.groups, [str(fold) for fold in self.folds])
        if crossing:
            raise DataError(
                f"{len(crossing)} groups (patients, lesions or near-duplicates) have images in more than one fold, "
                f"such as {crossing[0]!r}: a test would be passed by remembering."
            )
        held = Counter(zip(self.folds, self.labels, strict=True))
        everywhere = [(fold, name) for fold in range(self.count) for name in self.classes]
        lacking = [f"fold {fold} has no {name}" for fold, name in everywhere if not held[(fold, name)]]
        if lacking:
            raise DataError(
                f"Every class needs images in each of {self.count} folds, but {', '.join(lacking)}: no more even "
                "division of the groups was found. Set split.folds to fewer, or add images of further patients."
            )

    @cached_property
    def fold_of(self) -> dict[str, int]:
        """The fold of each image, by its id."""
        return dict(zip(self.image_ids, self.folds, strict=True))

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should know about the division, one sentence each."""
        names = [f"fold {fold}" for fold in self.folds]
        unequal = unequal_shares(self.labels, names, classes=self.classes)
        if not unequal:
            return ()
        return (
            f"Class shares differ between folds: {'; '.join(unequal)}; no more even division of the groups was found",
        )


def divide_into_folds(audit: DataAudit, *, count: int, seed: int, left_out: Collection[str] = ()) -> Folds:
    """Divides the usable images into folds with the classes in the proportions of the whole, as far as groups allow.

    The same images, classes, groups and seed give the same folds, in whatever order the files are.

    Args:
        audit: The audited images with their groups.
        count: Number of folds.
        seed: Seed of the division.
        left_out: Ids of images that are to be in no fold.

    Raises:
        DataError: If a class has fewer groups than there are folds.
    """
    images = images_in_stable_groups(audit)
    images = images[~images["image_id"].isin(left_out)]
    require_groups(
        images, classes=audit.classes, count=count, into=f"{count} folds", way_out=", or set split.folds to fewer"
    )
    labels = images["label"].tolist()
    folds = partition_groups(labels, images["first_image"].tolist(), shares=[1 / count] * count, seed=seed)
    return Folds(
        image_ids=tuple(images["image_id"]),
        labels=tuple(labels),
        groups=tuple(images["group"]),
        folds=tuple(folds.tolist()),
        count=count,
        classes=audit.classes,
    )
