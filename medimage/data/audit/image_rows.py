"""The audit as a table for people and scripts: one row for every file that was found."""

from collections.abc import Mapping

import pandas as pd

from medimage.data.audit.data_audit import DataAudit
from medimage.data.audit.exclusion import Exclusion, ExclusionCategory, categories
from medimage.data.split import Split

ROW_COLUMNS = ("path", "label", "group", "duplicate_cluster", "split", "fold", "excluded", "reason")


def image_rows(audit: DataAudit, *, split: Split | None, folds: Mapping[str, int]) -> pd.DataFrame:
    """Returns one row per file found, sorted by path: used, quarantined, left out by the split, or skipped.

    Args:
        audit: The audited images.
        split: How the usable ones were divided; None where they were not.
        folds: Fold of each image, image id → number from 0; empty where there are none.

    Returns:
        The columns `ROW_COLUMNS`. `duplicate_cluster` is empty for images that are like no other.
    """
    images = audit.images
    parts = {} if split is None else dict(zip(split.image_ids, split.parts, strict=True))
    left_out = {} if split is None else {image.image_id: image.reason for image in split.left_out}
    usable = images["reason"] == ""
    reasons = images["reason"].where(~usable, images["image_id"].map(left_out).fillna(""))
    rows = pd.DataFrame(
        {
            "path": images["name"],
            "label": images["label"],
            "group": images["group"],
            "duplicate_cluster": _clusters(images),
            "split": images["image_id"].map(parts).where(usable).fillna(""),
            "fold": images["image_id"].map(folds).where(usable).astype("Int64").astype("string").fillna(""),
            "excluded": (reasons != "").map({True: "true", False: "false"}),
            "reason": reasons,
        }
    )
    skipped = pd.DataFrame(
        [
            (name, "", "", "", "", "", "true", str(Exclusion(category=ExclusionCategory.SKIPPED, words=reason)))
            for name, reason in audit.skipped_files
        ],
        columns=list(ROW_COLUMNS),
    )
    # As objects first: pandas warns of joining an empty table whose columns have no other type.
    return (
        pd.concat([rows.astype(object), skipped.astype(object)])
        .sort_values("path", kind="stable")
        .reset_index(drop=True)
    )


def _clusters(images: pd.DataFrame) -> pd.Series:
    """Returns the cluster of every image that is like another one; a copy has that of the file that is kept."""
    kept = images[images["reason"] == ""].set_index("image_id")["duplicate_cluster"]
    copies = categories(images["reason"]) == ExclusionCategory.EXACT_DUPLICATE
    clusters = images["duplicate_cluster"].astype(int).mask(copies, images["image_id"].map(kept).fillna(-1).astype(int))
    shared = clusters.duplicated(keep=False) & (clusters >= 0)
    return clusters.astype("string").where(shared, "")
