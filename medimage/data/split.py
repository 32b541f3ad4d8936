"""Which images are trained on, chosen by, and judged on."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from medimage.data.left_out import LeftOut
from medimage.data.lock_reference import LockReference, digest_of_test_set
from medimage.errors import DataError

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)


def refuse_unknown_labels(labels: Sequence[str], classes: Sequence[str]) -> None:
    """Does nothing where every label is one of the classes.

    Raises:
        ValueError: With the labels that are not.
    """
    unknown = set(labels) - set(classes)
    if unknown:
        raise ValueError(f"Expected labels to be among {list(classes)} but got {sorted(unknown)}")


@dataclass(frozen=True, kw_only=True)
class Split:
    """A division of images that no group crosses: one that does cannot be built.

    Attributes:
        image_ids: SHA-256 of each image's bytes.
        labels: Class of each image.
        groups: What must stay together: patient, lesion, duplicate cluster.
        parts: `train`, `validation` or `test` for each image.
        classes: Class names in the order of a model's outputs.
        left_out: Images that are in no part, each with the reason.
        test_set: The locked test set that the test images are; none where they were drawn for this split alone.
        findings: What a person should know about the division, one sentence each.

    Raises:
        DataError: If a group has images in two parts, a class is missing from a part, or an image repeats.
        ValueError: If the lengths differ, a label or part is unknown, or the test images are not those of the locked
            test set.
    """

    image_ids: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    parts: tuple[Part, ...]
    classes: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    test_set: LockReference | None = None
    findings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (len(self.image_ids) == len(self.labels) == len(self.groups) == len(self.parts)):
            raise ValueError(
                f"Expected one label, group and part for each of {len(self.image_ids)} images but got "
                f"{len(self.labels)}, {len(self.groups)} and {len(self.parts)}"
            )
        strangers = set(self.parts) - set(PARTS)
        if strangers:
            raise ValueError(f"Expected parts to be among {PARTS} but got {sorted(strangers)}")
        refuse_unknown_labels(self.labels, self.classes)
        everywhere = [*self.image_ids, *(image.image_id for image in self.left_out)]
        if len(set(everywhere)) != len(everywhere):
            raise DataError("A split must have each image once, but some image ids repeat.")
        crossing = self.crossing_groups(self.groups, self.parts)
        if crossing:
            raise DataError(
                f"{len(crossing)} groups (patients, lesions or near-duplicates) have images in more than one part of "
                f"the split, such as {crossing[0]!r}: the test would be passed by remembering. If the split comes with "
                "the data, set split.given: ignore to divide the images anew."
            )
        for part in PARTS:
            missing = [name for name, count in self.counts(part).items() if count == 0]
            if missing:
                raise DataError(
                    f"Every class needs images in train, validation and test, but {part} has none of {missing}. "
                    f"Images by class: {self._overview()}. Add images, change the shares in `split`, or set "
                    "split.given: ignore where the data's own folders are the cause."
                )
        if self.test_set is not None:
            test = self.rows("test")
            digest = digest_of_test_set([self.image_ids[row] for row in test], [self.labels[row] for row in test])
            if digest != self.test_set.digest:
                raise ValueError(f"Expected the images of {self.test_set} as test images but got {digest[:12]}")

    @staticmethod
    def crossing_groups(groups: Sequence[str], parts: Sequence[str]) -> list[str]:
        """Returns the groups that have images in more than one part, sorted."""
        seen: dict[str, str] = {}
        return sorted(
            {group for group, part in zip(groups, parts, strict=True) if seen.setdefault(group, part) != part}
        )

    def counts(self, part: Part) -> dict[str, int]:
        """Returns the number of images of each class in one part."""
        found = Counter(label for label, where in zip(self.labels, self.parts, strict=True) if where == part)
        return {name: found.get(name, 0) for name in self.classes}

    def group_count(self, part: Part) -> int:
        """Returns the number of independent groups in one part."""
        return len({group for group, where in zip(self.groups, self.parts, strict=True) if where == part})

    def group_counts(self, part: Part) -> dict[str, int]:
        """Returns the number of groups with images of each class in one part."""
        found: dict[str, set[str]] = {name: set() for name in self.classes}
        for label, group, where in zip(self.labels, self.groups, self.parts, strict=True):
            if where == part:
                found[label].add(group)
        return {name: len(groups) for name, groups in found.items()}

    def rows(self, part: Part) -> NDArray[np.int64]:
        """Returns the positions of the images of one part."""
        return np.flatnonzero(np.asarray(self.parts) == part)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over every image with its label, group and part, and over those left out.

        Under which name and when the test set was locked does not count, as it changes no image's part.
        """
        digest = hashlib.sha256(repr(self.classes).encode())
        for row in zip(self.image_ids, self.labels, self.groups, self.parts, strict=True):
            digest.update(repr(row).encode())
        for image in self.left_out:
            digest.update(repr(image).encode())
        return digest.hexdigest()

    @property
    def bare(self) -> Self:
        """The division without what is told about it: no finding, and no name of a locked test set."""
        return replace(self, test_set=None, findings=())

    def _overview(self) -> str:
        return "; ".join(
            f"{part}: {', '.join(f'{name} {count}' for name, count in self.counts(part).items())}" for part in PARTS
        )
