"""The audit: decode every image, find duplicates, and say what is wrong."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.data.audit.data_audit import IMAGE_COLUMNS, DataAudit, Finding
from medimage.data.audit.exclusion import Exclusion, ExclusionCategory
from medimage.data.audit.expectations import run_expectations
from medimage.data.audit.findings import find_problems
from medimage.data.audit.grouping import combine_groups
from medimage.data.audit.intensity_profile import IntensityProfile
from medimage.data.audit.look import Look, look_at
from medimage.data.audit.near_duplicates import near_duplicate_clusters
from medimage.data.audit.thumbnail import THUMBNAIL_SIDE
from medimage.data.bounded_map import bounded_map
from medimage.data.image_table import ImageTable
from medimage.progress import track
from medimage.serving.color_mode import ColorMode
from medimage.serving.cores import available_cores

_AHEAD = 16
"""Images under way for each core, so that none stands still while the next are read."""


def audit_images(
    table: ImageTable, config: AuditConfig, *, color_mode: ColorMode, profile: IntensityProfile | None = None
) -> DataAudit:
    """Looks at every image of a table. Nothing is dropped silently: every exclusion has its reason.

    Args:
        table: The images.
        config: Thresholds.
        color_mode: How images will be decoded for training; what cannot be decoded so is quarantined.
        profile: Intensities of an earlier training's images to hold these against; those of the training images
            among these where not given.
    """
    looks = _look_at_all(table, config, color_mode)
    images = _rows(table.records, looks)
    readable = images["reason"] == ""
    _quarantine_exact_duplicates(images)
    usable = images["reason"] == ""
    thumbnails = np.zeros((int(usable.sum()), THUMBNAIL_SIDE**2), dtype=np.float32)
    frames = np.zeros(thumbnails.shape, dtype=np.uint8)
    for row, image_id in enumerate(images.loc[usable, "image_id"]):
        thumbnails[row], frames[row] = looks[image_id].thumbnail, looks[image_id].frame
    images["duplicate_cluster"] = -1
    images.loc[usable, "duplicate_cluster"] = near_duplicate_clusters(
        thumbnails, similarity=config.near_duplicate_similarity, frames=frames
    )
    images["group"] = images["patient"]
    images.loc[readable, "group"] = list(_groups(images[readable], config))
    findings = find_problems(
        images,
        skipped_files=table.skipped_files,
        traits={image_id: look.traits for image_id, look in looks.items()},
        warnings={image_id: look.warning for image_id, look in looks.items()},
        config=config,
        color_mode=color_mode,
    )
    images = images[list(IMAGE_COLUMNS)].reset_index(drop=True)
    suite = run_expectations(images, config, classes=table.classes, color_mode=color_mode, profile=profile)
    return DataAudit(
        images=images,
        classes=table.classes,
        skipped_files=table.skipped_files,
        files_found=table.files_found,
        findings=(*_notes(table), *findings, *suite.findings),
        expectations=suite.expectations,
        data_docs=suite.data_docs,
        profile=suite.profile,
    )


def _notes(table: ImageTable) -> tuple[Finding, ...]:
    """Returns what the source did that nobody asked for, such as taking two labels for one."""
    return tuple(Finding(name="reading", critical=False, message=note.removesuffix(".")) for note in table.notes)


def _look_at_all(table: ImageTable, config: AuditConfig, color_mode: ColorMode) -> dict[str, Look]:
    def look(item: tuple[str, bytes]) -> tuple[str, Look]:
        image_id, encoded = item
        return image_id, look_at(encoded, color_mode=color_mode, maximum_aspect_ratio=config.maximum_aspect_ratio)

    cores = available_cores()
    with ThreadPoolExecutor(cores) as pool:
        results = bounded_map(pool, look, table.encoded_images(), ahead=_AHEAD * cores, size=lambda item: len(item[1]))
        distinct = int(table.records["image_id"].nunique())
        return dict(track(results, description="Auditing images", total=distinct))


def _rows(records: pd.DataFrame, looks: dict[str, Look]) -> pd.DataFrame:
    """Returns one row per file with what it is by itself, before files are compared."""
    known = ["name", "image_id", "label", "group", "origin", "given_split", "width", "height", "mode"]
    images = records[known].rename(columns={"group": "patient"})
    found = [looks[image_id] for image_id in images["image_id"]]
    for name in ("mean", "std", "low", "high"):
        images[f"{name}_intensity"] = [getattr(look.intensities, name) for look in found]
    images["reason"] = ["" if look.exclusion is None else str(look.exclusion) for look in found]
    return images


def _quarantine_exact_duplicates(images: pd.DataFrame) -> None:
    """Keeps one file of each distinct image, or none where they disagree on its class."""
    readable = images[images["reason"] == ""]
    repeated = readable[readable["image_id"].duplicated(keep=False)]
    if repeated.empty:
        return
    copies = repeated.groupby("image_id", sort=False)
    contradicting = copies["label"].transform("nunique") > 1
    pairs = repeated.loc[contradicting, ["image_id", "label"]].drop_duplicates().sort_values(["image_id", "label"])
    labels = repeated.loc[contradicting, "image_id"].map(pairs.groupby("image_id")["label"].agg(", ".join))
    images.loc[labels.index, "reason"] = [
        str(Exclusion(category=ExclusionCategory.CONTRADICTING_LABELS, words=f"the same image is under {found}"))
        for found in labels
    ]
    kept = copies["name"].transform("first")[~contradicting & repeated["image_id"].duplicated()]
    images.loc[kept.index, "reason"] = [
        str(Exclusion(category=ExclusionCategory.EXACT_DUPLICATE, words=f"of {name}")) for name in kept
    ]


def _groups(readable: pd.DataFrame, config: AuditConfig) -> tuple[str, ...]:
    """Returns what each file must stay together with.

    Quarantined copies count as well: one may know the patient where the file that is kept does not, and an image
    under two patients joins them.
    """
    copies = pd.Series(pd.factorize(readable["image_id"])[0], index=readable.index)
    usable = readable["reason"] == ""
    joined = copies
    if config.group_duplicates:
        # Near-duplicates take the number of the first of them, and copies that of the file that is kept.
        first_of_cluster = copies[usable].groupby(readable.loc[usable, "duplicate_cluster"]).transform("first")
        number_of = pd.Series(first_of_cluster.to_numpy(), index=copies[usable].to_numpy())
        joined = copies.map(number_of).fillna(copies).astype(np.int64)
    return combine_groups(readable["patient"].tolist(), joined.tolist())
