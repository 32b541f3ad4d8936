"""Images whose classes, patients and origins are planted, with everything that is needed to audit them."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from medimage.config.shortcuts import ShortcutConfig
from medimage.data.audit.data_audit import IMAGE_COLUMNS, DataAudit
from medimage.data.partition import partition_groups
from medimage.data.pixel_files import HISTOGRAMS_FILE, PIXELS_FILE
from medimage.data.pixel_store import PixelStore
from medimage.data.shards import DirectoryShards
from medimage.data.split import PARTS, Split
from medimage.evaluation.shortcuts.audit_shortcuts import audit_shortcuts
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit


def textures(count: int, *, seed: int, size: int = 40) -> np.ndarray:
    """Returns gray images that resemble each other by nothing, uint8 of shape [count, size, size, 1]."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(40, 200, (count, 6, 6), dtype=np.uint8)
    images = [np.asarray(Image.fromarray(each).resize((size, size), Image.Resampling.BICUBIC)) for each in coarse]
    return np.stack(images)[:, :, :, None].copy()


def data_of(
    images: np.ndarray, labels: Sequence[str], groups: Sequence[str], origins: Sequence[str] | None = None
) -> tuple[PixelStore, DataAudit, Split]:
    """Returns what a run would have made of the images up to here.

    Args:
        images: uint8, shape [images, size, size, channels].
        labels: Class of each.
        groups: Patient of each.
        origins: Origin of each; unknown where not given.
    """
    count, size, _, channels = images.shape
    image_ids = tuple(f"{number:064x}" for number in range(count))
    shards = DirectoryShards.temporary()
    np.save(shards.local_path(PIXELS_FILE), images)
    np.save(shards.local_path(HISTOGRAMS_FILE), np.zeros((count, channels, 256), np.int64))
    columns: dict[str, Any] = dict.fromkeys(IMAGE_COLUMNS, "")
    columns |= {
        "name": [f"{number}.png" for number in range(count)],
        "image_id": image_ids,
        "label": list(labels),
        "patient": list(groups),
        "group": list(groups),
        "origin": list(origins) if origins is not None else "",
        "duplicate_cluster": range(count),
    }
    classes = tuple(sorted(set(labels)))
    audit = DataAudit(
        images=pd.DataFrame(columns)[list(IMAGE_COLUMNS)],
        classes=classes,
        skipped_files=(),
        files_found=count,
        findings=(),
        expectations=(),
        data_docs="",
    )
    parts = partition_groups(list(labels), list(groups), shares=(0.6, 0.2, 0.2), seed=0)
    split = Split(
        image_ids=image_ids,
        labels=tuple(labels),
        groups=tuple(groups),
        parts=tuple(PARTS[int(part)] for part in parts),
        classes=classes,
    )
    store = PixelStore(
        shards=shards, image_ids=image_ids, size=size, channels=channels, preprocessing="test", content_hash="test"
    )
    return store, audit, split


@cache
def shortcut_audit(*, confounded: bool = False) -> ShortcutAudit:
    """Returns the audit of 60 images of two classes, which come from a clinic each where they are confounded."""
    labels = ["ill", "well"] * 30
    images = textures(60, seed=0, size=20)
    origins = None
    if confounded:
        images[::2, :, :1] = 255
        origins = ["north", "south"] * 30
    groups = [f"p{number // 4}-{number % 2}" for number in range(60)]
    return audit_shortcuts(*data_of(images, labels, groups, origins), ShortcutConfig(), seed=0)
