"""The split that data come with: kept, repaired, or set aside."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimage.config.split import GivenSplit
from medimage.data.audit.data_audit import DataAudit
from medimage.errors import DataError
from medimage.wording import counted

_STRICTNESS = {"": 0, "train": 0, "validation": 1, "test": 2}
"""An image without a part is one to train on. A stricter part keeps its images, and laxer ones give theirs up."""


@dataclass(frozen=True, kw_only=True)
class GivenParts:
    """What is left of a given split.

    Attributes:
        parts: `train`, `validation`, `test`, or empty where nothing is given, for each image; shape [images].
        reasons: Why an image is left out, empty for all others; shape [images].
        findings: How many groups crossed the given split, and what was done about it; one sentence each.
    """

    parts: NDArray[np.object_]
    reasons: NDArray[np.object_]
    findings: tuple[str, ...]


def read_given_split(audit: DataAudit, images: pd.DataFrame, mode: GivenSplit) -> GivenParts:
    """Returns the part of each image that comes with the data.

    Exact copies are one image. Where they lie in several parts, the image belongs to the strictest of them: test before
    validation before train. The same order decides which images a repaired split keeps: those that a crossing group
    has in its strictest part. So the test images of the data stay the test images.

    Args:
        audit: The audited images.
        images: The usable ones, with the columns `image_id` and `group`.
        mode: What to do with a given split.

    Raises:
        DataError: If a group or an image crosses the given split, and it is to be honoured.
    """
    parts, copies_cross = _strictest_of_copies(audit, images)
    nothing = np.full(len(images), "", dtype=object)
    if not (parts != "").any():
        return GivenParts(parts=nothing, reasons=nothing, findings=())
    strictness = pd.Series([_STRICTNESS[part] for part in parts], index=images.index)
    strictest = strictness.groupby(images["group"]).transform("max")
    gives_way = (strictness < strictest).to_numpy()
    crossing = gives_way | copies_cross
    groups = sorted(images.loc[crossing, "group"].unique())
    crossed = (
        f"{counted(len(groups), 'group')} (patients, lesions or duplicate clusters) "
        f"{'has' if len(groups) == 1 else 'have'} images in more than one part of the split that comes with the data"
    )
    if mode == "ignore":
        finding = f"The split that comes with the data was set aside; {crossed if groups else 'no group crosses it'}"
        return GivenParts(parts=nothing, reasons=nothing, findings=(finding,))
    if not groups:
        return GivenParts(parts=parts, reasons=nothing, findings=())
    count = int(gives_way.sum())
    if mode == "honour":
        inside = pd.Series(np.where(parts == "", "train", parts))[(images["group"] == groups[0]).to_numpy()]
        example = ", ".join(f"{part} {number}" for part, number in sorted(inside.value_counts().items()))
        raise DataError(
            f"{crossed}, such as {groups[0]!r} ({example}{'' if len(inside.unique()) > 1 else ', as exact copies'}): "
            "the test would be passed by remembering. Set split.given: repair to keep the images that each such group "
            "has in its strictest part (test before validation before train) and to leave out its others "
            f"({count} images), or split.given: ignore to divide all images anew."
        )
    kept_in = {2: "test", 1: "validation"}
    reasons = np.asarray(
        [
            f"crossing the given split: its group has images in {kept_in[part]}" if gives else ""
            for gives, part in zip(gives_way, strictest, strict=True)
        ],
        dtype=object,
    )
    finding = (
        f"{crossed}; it was repaired: each such group keeps the images of its strictest part (test before validation "
        f"before train), and its other {count} images are left out"
    )
    return GivenParts(parts=parts, reasons=reasons, findings=(finding,))


def _strictest_of_copies(audit: DataAudit, images: pd.DataFrame) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Returns the strictest part that any copy of each image has, and whether its copies have several."""
    files = audit.images.loc[audit.images["image_id"].isin(images["image_id"]), ["image_id", "given_split"]]
    strictness = files["given_split"].map(_STRICTNESS)
    by_image = strictness.groupby(files["image_id"]).agg(["min", "max"]).loc[images["image_id"]]
    named = files["given_split"].ne("").groupby(files["image_id"]).any().loc[images["image_id"]]
    name_of = {0: "train", 1: "validation", 2: "test"}
    parts = np.asarray(
        [name_of[part] if known else "" for part, known in zip(by_image["max"], named, strict=True)], dtype=object
    )
    return parts, (by_image["min"] != by_image["max"]).to_numpy()
