"""Real brain MRI: no duplicate crosses the grouped split, however many cross the set's own folders."""

import csv
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.alike_pairs import NEIGHBOURS, alike_pairs
from benchmarks.support.measurement import Measurement
from benchmarks.support.real_images import folder
from medimage.config.audit import AuditConfig
from medimage.config.data import DataConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.image_table import ImageTable
from medimage.data.sources.open_source import open_source
from medimage.data.splitting import split_images

_DUPLICATES = "duplicates in any way"


def measure() -> Measurement:
    """Counts pairs of like images in different parts of either split, in ways that the audit does not use."""
    root = folder() / "brain4"
    config = DataConfig(source="folder", path=root)
    table = ImageTable.from_source(open_source(config, cache=root))
    audit = audit_images(table, AuditConfig(), color_mode=config.color_mode)
    split = split_images(audit, SplitConfig(given="ignore"), seed=42)
    part_of = dict(zip(split.image_ids, split.parts, strict=True))
    with (root / "MANIFEST.csv").open(encoding="utf-8-sig", newline="") as lines:
        given = {row["file"]: row["original_split"] for row in csv.DictReader(lines)}
    names = audit.images["name"].tolist()
    alike = alike_pairs([(root / name).read_bytes() for name in names])
    by_folders = _crossing(alike, [given[name] for name in names])
    # A file that is quarantined as a copy is in no part.
    used = (audit.images["reason"] == "").tolist()
    ids = audit.images["image_id"].tolist()
    ours = _crossing(alike, [part_of.get(one, "") if is_used else "" for one, is_used in zip(ids, used, strict=True)])
    return Measurement(
        name="brain4 pairs of duplicates across the grouped split",
        measured=ours[_DUPLICATES],
        target=0,
        unit="pair",
        direction="at_most",
        details=(
            _describe("pairs of like images in all", _crossing(alike, [str(number) for number in range(len(names))])),
            _describe("across the Training and Testing folders", by_folders),
            _describe("across the grouped split", ours),
        ),
    )


def _crossing(alike: Mapping[str, NDArray[np.bool_]], parts: Sequence[str]) -> dict[str, int]:
    """Returns the number of pairs in two parts: of duplicates by any way of finding them, and by each."""
    where = np.asarray(parts)
    apart = (where[:, None] != where[None]) & (where != "")[:, None] & (where != "")[None]
    counts = {name: int((pairs & apart).sum()) for name, pairs in alike.items()}
    duplicates = np.logical_or.reduce([pairs for name, pairs in alike.items() if name != NEIGHBOURS])
    return {_DUPLICATES: int((duplicates & apart).sum())} | counts


def _describe(name: str, counts: Mapping[str, int]) -> str:
    return f"{name}: {', '.join(f'{way} {count}' for way, count in counts.items())}"
