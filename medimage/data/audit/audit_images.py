"""The audit: decode every image, find duplicates, and say what is wrong."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from medimage.config.audit import AuditConfig
from medimage.config.data import ColorMode
from medimage.data.audit.data_audit import IMAGE_COLUMNS, DataAudit, Finding
from medimage.data.audit.expectations import run_expectations
from medimage.data.audit.grouping import combine_groups
from medimage.data.audit.near_duplicates import near_duplicate_clusters
from medimage.data.audit.thumbnail import THUMBNAIL_SIDE, thumbnail
from medimage.data.bounded_map import bounded_map
from medimage.data.image_table import ImageTable
from medimage.progress import track
from medimage.serving.preprocessing import ImageRefusedError, decode_image

_EXACT_DUPLICATE = "exact duplicate"
_BLANK_STANDARD_DEVIATION = 1.0
"""Below one gray level of spread there is nothing to see: a failed exposure or a placeholder."""


@dataclass(frozen=True)
class _Look:
    """What one decoded image gave: a reason to refuse it, or its thumbnail."""

    reason: str
    thumbnail: NDArray[np.float32]


def audit_images(table: ImageTable, config: AuditConfig, *, color_mode: ColorMode) -> DataAudit:
    """Looks at every image of a table. Nothing is dropped silently: every exclusion has its reason.

    Args:
        table: The images.
        config: Thresholds.
        color_mode: How images will be decoded for training; what cannot be decoded so is quarantined.
    """
    records = table.records
    looks = _look_at(table, color_mode)
    images = records[["name", "image_id", "label", "group", "origin", "given_split"]].rename(
        columns={"group": "patient"}
    )
    images["reason"] = [looks[image_id].reason for image_id in images["image_id"]]
    readable = images["reason"] == ""
    _quarantine_exact_duplicates(images)
    usable = images["reason"] == ""
    thumbnails = np.stack(
        [looks[image_id].thumbnail for image_id in images.loc[usable, "image_id"]]
        or [np.zeros(THUMBNAIL_SIDE**2, dtype=np.float32)]
    )[: int(usable.sum())]
    clusters = near_duplicate_clusters(thumbnails, similarity=config.near_duplicate_similarity)
    images["duplicate_cluster"] = -1
    images.loc[usable, "duplicate_cluster"] = clusters
    findings = _findings(images, table.classes, config)
    images["group"] = images["patient"]
    images.loc[readable, "group"] = _groups(images[readable], config)
    expectations, data_docs = run_expectations(records, classes=table.classes)
    return DataAudit(
        images=images[list(IMAGE_COLUMNS)].reset_index(drop=True),
        classes=table.classes,
        skipped_files=table.skipped_files,
        findings=findings,
        expectations=expectations,
        data_docs=data_docs,
    )


def _look_at(table: ImageTable, color_mode: ColorMode) -> dict[str, _Look]:
    def look(item: tuple[str, bytes]) -> tuple[str, _Look]:
        return item[0], _look(item[1], color_mode)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = bounded_map(pool, look, table.encoded_images())
        distinct = int(table.records["image_id"].nunique())
        return dict(track(results, description="Auditing images", total=distinct))


def _look(encoded: bytes, color_mode: ColorMode) -> _Look:
    nothing = np.zeros(THUMBNAIL_SIDE**2, dtype=np.float32)
    try:
        pixels = decode_image(encoded, color_mode=color_mode)
    except ImageRefusedError as error:
        return _Look(f"unreadable: {error}", nothing)
    gray = pixels[:, :, 0] if pixels.shape[2] == 1 else np.asarray(Image.fromarray(pixels).convert("L"))
    if float(pixels.std()) < _BLANK_STANDARD_DEVIATION:
        return _Look(f"blank: all pixels are about {pixels.mean():.0f}", nothing)
    return _Look("", thumbnail(gray))


def _quarantine_exact_duplicates(images: pd.DataFrame) -> None:
    """Keeps one file of each distinct image, or none where they disagree on its class."""
    readable = images["reason"] == ""
    for _, same in images[readable].groupby("image_id"):
        if len(same) == 1:
            continue
        if same["label"].nunique() > 1:
            labels = ", ".join(sorted(same["label"].unique()))
            images.loc[same.index, "reason"] = f"contradicting labels: the same image is under {labels}"
            continue
        images.loc[same.index[1:], "reason"] = f"{_EXACT_DUPLICATE}: of {same.iloc[0]['name']}"


def _groups(readable: pd.DataFrame, config: AuditConfig) -> list[str]:
    """Returns what each file must stay together with.

    Quarantined copies count as well: one may know the patient where the file that is kept does not, and an image
    under two patients joins them.
    """
    copies = pd.factorize(readable["image_id"])[0]
    usable = (readable["reason"] == "").to_numpy()
    # Copies have one number, and near-duplicates take that of the first of them.
    joined = pd.Series(copies, index=readable.index)
    if config.group_duplicates:
        clusters = readable.loc[usable, "duplicate_cluster"]
        first_of_cluster = joined[usable].groupby(clusters).transform("first")
        number_of = dict(zip(copies[usable].tolist(), first_of_cluster.tolist(), strict=True))
        joined = joined.map(lambda copy: number_of.get(copy, copy))
    return list(combine_groups(readable["patient"].tolist(), joined.tolist()))


def _findings(images: pd.DataFrame, classes: tuple[str, ...], config: AuditConfig) -> tuple[Finding, ...]:
    usable = images[images["reason"] == ""]
    findings = []
    refused = images[images["reason"].str.startswith(("unreadable", "blank"))]
    share = len(refused) / max(len(images), 1)
    if len(refused):
        example = refused.iloc[0]
        findings.append(
            Finding(
                name="unusable_images",
                critical=share > config.maximum_quarantined_share,
                message=f"{len(refused)} of {len(images)} files cannot be used, such as {example['name']} "
                f"({example['reason']})",
            )
        )
    few = {name: int((usable["label"] == name).sum()) for name in classes}
    for name, count in few.items():
        if count < config.minimum_images_per_class:
            findings.append(
                Finding(
                    name="too_few_images",
                    critical=True,
                    message=f"class {name} has {count} usable images, fewer than "
                    f"data.audit.minimum_images_per_class ({config.minimum_images_per_class})",
                )
            )
    for name, reason in (("exact_duplicates", _EXACT_DUPLICATE), ("contradicting_labels", "contradicting labels")):
        count = int(images["reason"].str.startswith(reason).sum())
        if count:
            findings.append(Finding(name=name, critical=False, message=f"{count} files are quarantined: {reason}"))
    near = usable[usable["duplicate_cluster"].duplicated(keep=False)]
    if len(near):
        clusters = near.groupby("duplicate_cluster")
        mixed = int((clusters["label"].nunique() > 1).sum())
        findings.append(
            Finding(
                name="near_duplicates",
                critical=False,
                message=f"{len(near)} images form {clusters.ngroups} cluster{'s' * (clusters.ngroups > 1)} of "
                "near-duplicates" + (f", {mixed} of them with different labels" if mixed else ""),
            )
        )
    used = images[(images["reason"] == "") | images["reason"].str.startswith(_EXACT_DUPLICATE)]
    known = used[used["patient"] != ""]
    several = int((known.groupby("patient")["label"].nunique() > 1).sum())
    if several:
        findings.append(
            Finding(
                name="group_under_several_classes",
                critical=False,
                message=f"{several} patients or lesions have images under more than one class",
            )
        )
    return tuple(findings)
