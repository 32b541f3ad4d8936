"""Real brain MRI: no duplicate crosses the grouped split, however many cross the set's own folders."""

import csv

import pandas as pd

from benchmarks.measurement import Measurement
from benchmarks.real_images import folder
from medimage.config.audit import AuditConfig
from medimage.config.data import DataConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.crossings import Crossings, find_crossings
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.sources.open_source import open_source
from medimage.data.split import Split
from medimage.data.splitting import split_images

_PARTS = {"Training": "train", "Testing": "test"}


def measure() -> Measurement:
    """Counts groups, equal files and near-duplicates in more than one part of either split."""
    root = folder() / "brain4"
    config = DataConfig(source="folder", path=root)
    source = open_source(config, cache=root)
    table = ImageTable.write(
        source.records(), classes=source.classes, skipped_files=source.skipped_files, files_found=source.files_found
    )
    audit = audit_images(table, AuditConfig(), color_mode=config.color_mode)
    with (root / "MANIFEST.csv").open(encoding="utf-8-sig", newline="") as lines:
        given = {row["file"]: _PARTS[row["original_split"]] for row in csv.DictReader(lines)}
    by_folders = find_crossings(audit.images.assign(given_split=audit.images["name"].map(given)))
    split = split_images(audit, SplitConfig(given="ignore"), seed=42)
    ours = find_crossings(_divided(audit, split))
    return Measurement(
        name="brain4 groups and duplicates across the grouped split",
        measured=ours.groups + ours.exact_duplicates + ours.clusters,
        target=0,
        unit="crossing",
        direction="at_most",
        details=(_describe("Training and Testing folders", by_folders), _describe("grouped split", ours)),
    )


def _divided(audit: DataAudit, split: Split) -> pd.DataFrame:
    part = dict(zip(split.image_ids, split.parts, strict=True))
    return audit.images.assign(given_split=audit.images["image_id"].map(part).fillna(""))


def _describe(name: str, found: Crossings) -> str:
    return (
        f"{name}: {found.exact_duplicates} equal images ({found.images_of_exact_duplicates} files), {found.clusters} "
        f"clusters of near-duplicates ({found.images_of_clusters} images), {found.groups} groups in all "
        f"({found.images_of_groups} images) cross"
    )
