"""Which images a champion has not learnt from yet, and which of its own are gone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medimage.data.audit.data_audit import DataAudit
from medimage.data.held_out import hold_test_set
from medimage.data.locked_test_set import LockedTestSet
from medimage.data.stable_groups import images_in_stable_groups
from medimage.errors import DataError
from medimage.registry.seen_images import SeenImages
from medimage.retraining.new_image import NewImages
from medimage.wording import counted, listed


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """Images beside those that a champion was trained and validated on.

    Attributes:
        per_class: Images of each class that may be trained on and that it has not seen.
        lost: Images that it has seen and that are not among the data.
    """

    per_class: dict[str, int]
    lost: int


def find_unseen(audit: DataAudit, *, locked: LockedTestSet, new: NewImages | None, seen: SeenImages | None) -> Unseen:
    """Finds the images that are worth training again for.

    Args:
        audit: The audited configured images.
        locked: Their test set, whose images and patients nobody may learn from.
        new: The new images; None without.
        seen: What the champion has seen; None for a version of before that was kept, of which the new images alone are
            known to be unseen.
    """
    images = images_in_stable_groups(audit)
    hold = hold_test_set(locked, audit, images)
    free = images[np.asarray(~hold.locked) & (hold.reasons == "")]
    offered = dict(zip(free["image_id"], free["label"], strict=True)) if seen is not None else {}
    offered |= {} if new is None else {file.image_id: file.label for file in new.taken}
    known = frozenset[str]() if seen is None else seen.train | seen.validation
    found = Counter(label for image_id, label in offered.items() if image_id not in known)
    there = set(audit.images["image_id"]) | set(offered)
    return Unseen(per_class={name: found.get(name, 0) for name in audit.classes}, lost=len(known - there))


def require_comparable(
    champion: str, *, locked: LockedTestSet, classes: Sequence[str], own_classes: Sequence[str], seen: SeenImages | None
) -> None:
    """Stops before hours of training where a new model could not be held against the champion.

    Args:
        champion: Name and number of the version, in words.
        locked: The test set that both are judged on.
        classes: Classes of the data.
        own_classes: Classes of the champion.
        seen: What the champion has seen; None for a version of before that was kept.

    Raises:
        DataError: If the champion has other classes, has seen images of the test set, or nobody knows whether it has.
    """
    if sorted(classes) != sorted(own_classes):
        raise DataError(
            f"{champion} answers with the classes {listed(list(own_classes))} and the data have {listed(list(classes))}"
            ": a model of other classes is another model. Give it a registry.name of its own and train it with "
            "pipelines.train_pipeline."
        )
    if seen is None:
        raise DataError(
            f"{champion} was registered before the images that a model has seen were kept, so nobody can tell whether "
            "it was trained on the test images. Train a new model with pipelines.train_pipeline and "
            "--gate.champion.comparison show, and say why where it is used; its version keeps them."
        )
    tested = seen.among(locked.image_ids)
    if tested:
        raise DataError(
            f"{champion} was trained or validated on {len(tested)} of the {counted(len(locked.image_ids), 'image')} of "
            f"the {locked.reference}, so a new model cannot be held against it there. Name the data and the "
            "split.test_set that it was judged on."
        )
