"""What a network said about images whose classes are known."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Logits beside the truth, for one part of a split; which one, the class says.

    What is fitted takes `PredictionsOnValidation`, so that a type checker refuses to have it fitted on test images.

    Attributes:
        part: Part of the split: `validation` or `test`.
        image_ids: SHA-256 of each image's encoded bytes.
        groups: Patient, lesion or duplicate cluster of each image.
        labels: int64, shape [images], index of the true class.
        logits: float32, shape [images, classes], finite.
        classes: Class names in the order of the columns.
    """

    part: ClassVar[Literal["validation", "test"]]

    image_ids: tuple[str, ...]
    groups: tuple[str, ...]
    labels: NDArray[np.int64]
    logits: NDArray[np.float32]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not hasattr(self, "part"):
            raise TypeError("Expected PredictionsOnValidation or PredictionsOnTest but got predictions of no part")
        expected = (len(self.image_ids), len(self.classes))
        if self.logits.shape != expected:
            raise ValueError(f"Expected logits of shape {list(expected)} but got {list(self.logits.shape)}")
        if not (len(self.labels) == len(self.groups) == len(self.image_ids)):
            raise ValueError(
                f"Expected {len(self.image_ids)} labels and groups but got {len(self.labels)} and {len(self.groups)}"
            )
        if len(set(self.image_ids)) != len(self.image_ids):
            raise ValueError("Expected each image once but some ids repeat")
        if not np.isfinite(self.logits).all():
            bad = int((~np.isfinite(self.logits)).any(axis=1).sum())
            raise ValueError(f"Expected finite logits but {bad} of {len(self.logits)} images have NaN or infinity")

    def __len__(self) -> int:
        return len(self.image_ids)

    @classmethod
    def none(cls, *, classes: tuple[str, ...]) -> Self:
        """Returns predictions on no image, as of a part that a judgement does not have."""
        return cls(
            image_ids=(),
            groups=(),
            labels=np.zeros(0, dtype=np.int64),
            logits=np.zeros((0, len(classes)), dtype=np.float32),
            classes=classes,
        )

    def on(self, image_ids: Collection[str]) -> Self:
        """Returns the predictions on some of the images, in the order that they have here."""
        wanted = set(image_ids)
        rows = [row for row, image_id in enumerate(self.image_ids) if image_id in wanted]
        return replace(
            self,
            image_ids=tuple(self.image_ids[row] for row in rows),
            groups=tuple(self.groups[row] for row in rows),
            labels=self.labels[rows],
            logits=self.logits[rows],
        )

    @property
    def image_set(self) -> str:
        """SHA-256 that stands for the images, whatever their order and whatever was predicted."""
        return hashlib.sha256("\n".join(sorted(self.image_ids)).encode()).hexdigest()

    @property
    def content_hash(self) -> str:
        """SHA-256 over images and logits: equal for two judgements of one model, different for two models."""
        digest = hashlib.sha256("\n".join(self.image_ids).encode())
        digest.update(self.logits.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class PredictionsOnValidation(Predictions):
    """Predictions on validation images: what temperatures, thresholds and sets are fitted on."""

    part: ClassVar[Literal["validation", "test"]] = "validation"


@dataclass(frozen=True, kw_only=True)
class PredictionsOnTest(Predictions):
    """Predictions on test images: what is measured, and nothing is fitted on."""

    part: ClassVar[Literal["validation", "test"]] = "test"


def require_validation(predictions: Predictions) -> None:
    """Does nothing where predictions are on validation images: for callers that no type checker has read.

    Raises:
        TypeError: If they are on others.
    """
    if not isinstance(predictions, PredictionsOnValidation):
        raise TypeError(
            f"Expected PredictionsOnValidation but got {type(predictions).__name__}: what is fitted on test images "
            "makes the test result too good"
        )


def require_separate_parts(validation: Predictions, test: Predictions) -> None:
    """Does nothing where predictions are on validation and on test images, with the same classes and no image in both.

    Raises:
        TypeError: If they are on images of another part.
        ValueError: If an image is in both, or the classes differ.
    """
    require_validation(validation)
    if not isinstance(test, PredictionsOnTest):
        raise TypeError(f"Expected PredictionsOnTest to measure but got {type(test).__name__}")
    in_both = set(validation.image_ids) & set(test.image_ids)
    if in_both:
        raise ValueError(
            f"Expected validation and test images to differ but {len(in_both)} are both, such as {min(in_both)}: "
            "what is fitted on them would make the test result too good"
        )
    if validation.classes != test.classes:
        raise ValueError(
            f"Expected the same classes in both parts but got {list(validation.classes)} in validation "
            f"and {list(test.classes)} in test"
        )
