"""Audits of images that exist as rows only: enough to divide them."""

from collections.abc import Sequence

import pandas as pd

from medimage.data.audit.data_audit import IMAGE_COLUMNS, DataAudit
from tests.support.audits import UNMEASURED


def audited(
    labels: Sequence[str],
    groups: Sequence[str],
    given_split: Sequence[str] | None = None,
    *,
    image_ids: Sequence[str] | None = None,
    patients: Sequence[str] | None = None,
    reasons: Sequence[str] | None = None,
) -> DataAudit:
    """Returns an audit with one row per file; groups are patients where none are given."""
    count = len(labels)
    values = {
        "name": [f"{number}.png" for number in range(count)],
        "image_id": list(image_ids or [f"{number:064x}" for number in range(count)]),
        "label": list(labels),
        "patient": list(groups if patients is None else patients),
        "group": list(groups),
        "origin": [""] * count,
        "given_split": list(given_split or [""] * count),
        "duplicate_cluster": list(range(count)),
        "reason": list(reasons or [""] * count),
        **{name: [value] * count for name, value in UNMEASURED.items()},
    }
    return DataAudit(
        images=pd.DataFrame(values)[list(IMAGE_COLUMNS)],
        classes=tuple(sorted(set(labels))),
        skipped_files=(),
        files_found=count,
        findings=(),
        expectations=(),
        data_docs="",
    )


def patients(count: int, images: int, classes: str = "abc") -> tuple[list[str], list[str]]:
    """Returns labels and groups of patients with equally many images each, the classes in turn."""
    labels = [classes[patient % len(classes)] for patient in range(count) for _ in range(images)]
    groups = [f"p{patient}" for patient in range(count) for _ in range(images)]
    return labels, groups
