"""What a person should know about the data, each with its numbers and an example."""

from collections.abc import Sequence

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.data.audit.data_audit import Finding
from medimage.data.audit.findings_on_duplicates import findings_on_duplicates
from medimage.data.audit.findings_on_files import findings_on_pixel_types, findings_on_unused_files
from medimage.data.audit.findings_on_patients import findings_on_patients
from medimage.data.audit.findings_on_warnings import findings_on_warnings
from medimage.serving.color_mode import ColorMode


def find_problems(
    images: pd.DataFrame,
    *,
    skipped_files: Sequence[tuple[str, str]],
    traits: dict[str, frozenset[str]],
    warnings: dict[str, str],
    config: AuditConfig,
    color_mode: ColorMode,
) -> tuple[Finding, ...]:
    """Collects the findings on audited images.

    Args:
        images: One row per file with the columns `IMAGE_COLUMNS`.
        skipped_files: Files of the source that did not become a row, with the reason.
        traits: What is remarkable about each image, by its id; see `Look`.
        warnings: What the decoder warned of, by the id of the image; empty where nothing.
        config: Thresholds.
        color_mode: How images will be decoded for training.
    """
    return (
        *findings_on_unused_files(images, skipped_files, config),
        *findings_on_duplicates(images, config),
        *findings_on_patients(images, config),
        *findings_on_pixel_types(images, traits, color_mode),
        *findings_on_warnings(images, warnings),
    )
