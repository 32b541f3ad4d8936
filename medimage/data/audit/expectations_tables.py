"""The tables that the expectations look at: files, usable images, classes, and groups of images."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimage.config.expectations import ExpectationsConfig, RuleName
from medimage.data.audit.intensity_profile import INTENSITY_COLUMNS, IntensityProfile

TableName = Literal["files", "usable images", "classes", "origin", "label", "given_split"]
"""Tables of single things, and one for each way to group images, called by its column."""

EARLIER = "the images of an earlier training"
"""What images are held against where its profile is given."""


@dataclass(frozen=True, kw_only=True)
class GroupKind:
    """A way to divide images, of which one part may have another scale of intensities than the rest.

    Attributes:
        rule: The rule that looks at it.
        column: Column of the audited images.
        singular: What one of them is called.
        plural: What several are called.
        others: What they are compared with is called.
        advice: What a person should look for where one differs.
    """

    rule: RuleName
    column: TableName
    singular: str
    plural: str
    others: str
    advice: str


GROUP_KINDS = (
    GroupKind(
        rule="intensities_by_origin",
        column="origin",
        singular="origin",
        plural="origins",
        others="the other origins",
        advice="Look for another scanner setting, an inversion, or a windowing that was not undone",
    ),
    GroupKind(
        rule="intensities_by_class",
        column="label",
        singular="class",
        plural="classes",
        others="the other classes",
        advice="A model can tell them by brightness alone: look whether that is the disease or how they were taken",
    ),
    GroupKind(
        rule="intensities_by_part",
        column="given_split",
        singular="given part",
        plural="given parts",
        others="the given train part",
        advice="They may come from elsewhere: results on them then say little about the others",
    ),
)


def file_table(images: pd.DataFrame) -> pd.DataFrame:
    """Returns name, label and image id of every audited file; empty ones are missing values."""
    files = images[["name", "label", "image_id"]].reset_index(drop=True)
    return files.where(files != "")


def usable_table(images: pd.DataFrame) -> pd.DataFrame:
    """Returns the usable images with their aspect ratio; what a file does not say of itself is a missing value."""
    usable = images[images["reason"] == ""].reset_index(drop=True)
    sides = usable[["width", "height"]].astype(float).replace({0.0: np.nan})
    return usable.assign(
        width=sides["width"],
        height=sides["height"],
        aspect_ratio=sides.max(axis=1) / sides.min(axis=1),
        mode=usable["mode"].where(usable["mode"] != ""),
    )


def class_table(usable: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """Returns the number of usable images of each class, and how many times the smallest class that is."""
    counts = usable["label"].value_counts()
    images = np.asarray([int(counts.get(name, 0)) for name in classes])
    smallest = images.min()
    ratio = images / smallest if smallest else np.where(images > 0, np.inf, 1.0)
    return pd.DataFrame({"label": list(classes), "images": images, "ratio": ratio})


def training_images(usable: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Returns the images that the intensity profile is measured on, and what to call them.

    They are the given train part where the data have one, else all usable images: the split is not made yet.
    """
    train = usable[usable["given_split"] == "train"]
    return (train, "the given train part") if len(train) else (usable, "all usable images")


def has_training_part(usable: pd.DataFrame) -> bool:
    """Returns whether the images come with a train part, so that they are more than what is measured on them."""
    return bool((usable["given_split"] == "train").any())


def group_table(
    usable: pd.DataFrame, kind: GroupKind, config: ExpectationsConfig, *, earlier: IntensityProfile | None
) -> pd.DataFrame:
    """Returns how many images of each group lie within the range of the others.

    A group is held against the training images that are not its own: in a range that it has itself widened, a scanner
    with inverted images would hide. One that holds more than half of those images is the norm, and not held against
    the few others. Where an earlier profile is given, all are held against that one.

    Args:
        usable: The usable images; see `usable_table`.
        kind: How to divide them; images without a value belong to no group.
        config: Shares, margin, and from how many images a group is looked at.
        earlier: Profile of an earlier training, or None.

    Returns:
        One row per group that is looked at, with the columns `group`, `images`, `reference` (what it is held against,
        in words), and for each measure of `INTENSITY_COLUMNS` its `share_…` in the range and the `range_…` in words.
    """
    others_than = _Others(training_images(usable)[0], kind, config)
    rows = []
    for name, members in usable[usable[kind.column] != ""].groupby(kind.column):
        if len(members) < config.group_images:
            continue
        profile, against = (earlier, EARLIER) if earlier else (others_than.profile(str(name)), kind.others)
        if profile is not None:
            row = {"group": str(name), "images": len(members), "reference": against}
            rows.append(row | _within(members, profile, config))
    measured = [f"{what}_{name}" for name in INTENSITY_COLUMNS for what in ("share", "range")]
    return pd.DataFrame(rows, columns=pd.Index(["group", "images", "reference", *measured]))


class _Others:
    """Profiles of all training images but those of one group, without sorting them anew for each."""

    def __init__(self, training: pd.DataFrame, kind: GroupKind, config: ExpectationsConfig) -> None:
        codes, names = pd.factorize(training[kind.column])
        values = training[list(INTENSITY_COLUMNS)].to_numpy(dtype=np.float64)
        orders = np.argsort(values, axis=0, kind="stable").T
        self._rising = [(values[order, column], codes[order]) for column, order in enumerate(orders)]
        self._code = {str(name): code for code, name in enumerate(names)}
        self._sizes = np.bincount(codes, minlength=len(names))
        self._kind = kind
        self._config = config

    def profile(self, name: str) -> IntensityProfile | None:
        """Returns the profile of the others; None where they are too few, or fewer than those of the group."""
        code = self._code.get(name, -1)
        own = int(self._sizes[code]) if code >= 0 else 0
        others = int(self._sizes.sum()) - own
        if others < max(self._config.group_images, own):
            return None
        values = [rising[codes != code] for rising, codes in self._rising]
        return IntensityProfile.of_sorted(values, share=self._config.intensity_share, source=self._kind.others)


def _within(members: pd.DataFrame, profile: IntensityProfile, config: ExpectationsConfig) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for column, (low, high) in profile.ranges(config.intensity_margin).items():
        values: NDArray[np.float64] = members[column].to_numpy(dtype=np.float64)
        found[f"share_{column}"] = float(((values >= low) & (values <= high)).mean())
        found[f"range_{column}"] = f"{low:.1f} to {high:.1f}"
    return found
