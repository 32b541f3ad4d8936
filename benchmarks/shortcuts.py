"""The shortcut audit calls chest5 confounded (three collections) and raises no such alarm on skin7 (one)."""

import time

import numpy as np
import pandas as pd

from benchmarks.support.measurement import Measurement
from benchmarks.support.real_images import folder
from medimage.config.audit import AuditConfig
from medimage.config.data import DataConfig
from medimage.config.shortcuts import ShortcutConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.audit.data_audit import IMAGE_COLUMNS, DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.shards import DirectoryShards
from medimage.data.sources.folder import FolderSource
from medimage.data.split import PARTS, Part, Split
from medimage.data.splitting import split_images
from medimage.evaluation.shortcuts.audit_shortcuts import audit_shortcuts
from medimage.evaluation.shortcuts.sentences import warnings
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.shortcuts.table import table_rows
from medimage.serving.color_mode import ColorMode

_SIZE = 96
_SETS: dict[str, ColorMode] = {"chest5": "gray", "skin7": "rgb", "brain4": "gray", "tb": "gray", "brain_binary": "gray"}
"""The two that the claim is about, and others for comparison."""


def measure() -> Measurement:
    """Audits the real sets at a small size; without the origins of chest5 as well, which its border must replace."""
    audits: dict[str, ShortcutAudit] = {}
    seconds: dict[str, float] = {}
    for name, color_mode in _SETS.items():
        pixels, audit, split = _prepared(name, color_mode)
        start = time.perf_counter()
        audits[name] = audit_shortcuts(pixels, audit, split, ShortcutConfig(), seed=42)
        seconds[name] = time.perf_counter() - start
        if name == "chest5":
            unknown = f"{name} without its origins"
            audits[unknown] = audit_shortcuts(pixels, _without_origins(audit), split, ShortcutConfig(), seed=42)
    wrong = [name for name, expected in (("chest5", True), ("skin7", False)) if _alarm(audits[name]) != expected]
    wrong += [name for name in audits if name.endswith("origins") and not _alarm(audits[name])]
    return Measurement(
        name="shortcut audit: sets judged wrongly (chest5 confounded, skin7 not)",
        measured=len(wrong),
        target=0,
        unit="sets",
        direction="at_most",
        details=(
            *(line for name, audit in audits.items() for line in _describe(name, audit)),
            *(f"{name}: {value:.1f} s" for name, value in seconds.items()),
            f"20,000 images of 128 px, of which 4,000 are looked at: {_seconds_of_many():.1f} s",
        ),
    )


def _prepared(name: str, color_mode: ColorMode) -> tuple[PixelStore, DataAudit, Split]:
    config = DataConfig(path=folder() / name, color_mode=color_mode)
    table = ImageTable.from_source(FolderSource(folder() / name, config))
    audit = audit_images(table, AuditConfig(), color_mode=color_mode)
    split = split_images(audit, SplitConfig(given="ignore"), seed=42)
    return PixelStore.build(table, image_ids=split.image_ids, size=_SIZE, color_mode=color_mode), audit, split


def _without_origins(audit: DataAudit) -> DataAudit:
    return DataAudit(**{**vars(audit), "images": audit.images.assign(origin="")})


def _alarm(audit: ShortcutAudit) -> bool:
    return (
        audit.is_confounded
        or audit.border_tells_class
        or bool(audit.classes_at_border)
        or bool(audit.classes_by_origin)
    )


def _describe(name: str, audit: ShortcutAudit) -> list[str]:
    lines = [f"{name}: {'ALARM' if _alarm(audit) else 'no alarm'}"]
    lines += [
        f"  {row.what}: {row.value} ({row.interval}; chance {row.chance}), {row.meaning}"
        if row.interval
        else f"  {row.what}: {row.value}, {row.meaning}"
        for row in table_rows(audit)
    ]
    return lines + [f"  > {sentence}" for sentence in warnings(audit)]


def _seconds_of_many() -> float:
    """Returns the time for 20,000 images of noise in pairs, five classes, three origins."""
    count, size = 20_000, 128
    generator = np.random.default_rng(0)
    image_ids = tuple(f"{number:064x}" for number in range(count))
    shards = DirectoryShards.temporary()
    np.save(shards.local_path("pixels.npy"), generator.integers(0, 256, (count, size, size, 1), dtype=np.uint8))
    store = PixelStore(
        shards=shards, image_ids=image_ids, size=size, channels=1, preprocessing="noise", content_hash="noise"
    )
    labels = tuple(f"class {number // 2 % 5}" for number in range(count))
    groups = tuple(f"patient {number // 2}" for number in range(count))
    parts: tuple[Part, ...] = tuple(PARTS[number // 10 % 3] for number in range(count))
    split = Split(image_ids=image_ids, labels=labels, groups=groups, parts=parts, classes=tuple(sorted(set(labels))))
    origins = generator.choice(["a", "b", "c"], count)
    images = pd.DataFrame({"image_id": image_ids, "origin": origins, "reason": ""})
    audit = DataAudit(
        images=images.reindex(columns=list(IMAGE_COLUMNS), fill_value=""),
        classes=split.classes,
        skipped_files=(),
        files_found=count,
        findings=(),
        expectations=(),
        data_docs="",
    )
    start = time.perf_counter()
    audit_shortcuts(store, audit, split, ShortcutConfig(), seed=42)
    return time.perf_counter() - start
