"""What the audit found: every file's fate, findings, and whether the data can be trusted."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medimage.data.audit.exclusion import categories
from medimage.data.audit.intensity_profile import IntensityProfile
from medimage.data.sources.skipped import heading
from medimage.errors import DataError

IMAGE_COLUMNS = (
    "name",
    "image_id",
    "label",
    "patient",
    "group",
    "origin",
    "given_split",
    "duplicate_cluster",
    "width",
    "height",
    "mode",
    "mean_intensity",
    "std_intensity",
    "low_intensity",
    "high_intensity",
    "reason",
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something a person should know about the data.

    Attributes:
        name: Short name, such as `near_duplicates`.
        critical: Whether it stops the run.
        message: One sentence with the numbers.
    """

    name: str
    critical: bool
    message: str


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One expectation of the Great Expectations suite, with its result.

    Attributes:
        name: The expectation's type, such as `expect_column_values_to_be_unique`.
        column: The column it is about; empty for the whole table.
        rule: What the settings know it by, such as `unique_names`; see `data.audit.expectations.critical`.
        sentence: What should be so, in words and without a full stop.
        success: Whether the data met it.
        critical: Whether the run stops where they do not.
        observed: What was observed, in words.
    """

    name: str
    column: str
    rule: str
    sentence: str
    success: bool
    critical: bool
    observed: str

    @property
    def told(self) -> str:
        """What should be so, and what was observed instead."""
        return f"{self.sentence}, but {self.observed}"


@dataclass(frozen=True, kw_only=True)
class DataAudit:
    """The audit of one image table.

    Attributes:
        images: One row per file with the columns `IMAGE_COLUMNS`. `patient` is the patient, lesion or study as the
            source knows it, empty where it does not. `group` is what must stay together: the patient joined with
            those who share an image with it and with duplicate clusters. `width`, `height` in pixels and `mode` are
            what the file says of itself, 0 and empty where it says nothing. The intensities are gray levels (0 to 255)
            of the decoded image: mean, standard deviation, 1st and 99th percentile, NaN where it could not be
            decoded. `reason` is empty for usable images, else why the file is quarantined.
        classes: Class names in the order of a model's outputs.
        skipped_files: Files of the source that did not become a row, with the reason.
        files_found: Files as the source's listing counted them, independently of rows and skipped files.
        findings: What a person should know.
        expectations: The Great Expectations suite's results.
        data_docs: Great Expectations' own page on the results, as self-contained HTML.
        profile: Intensities of the training images, for later data to be held against; None where no image is usable.
    """

    images: pd.DataFrame
    classes: tuple[str, ...]
    skipped_files: tuple[tuple[str, str], ...]
    files_found: int
    findings: tuple[Finding, ...]
    expectations: tuple[Expectation, ...]
    data_docs: str
    profile: IntensityProfile | None = None

    def __post_init__(self) -> None:
        if tuple(self.images.columns) != IMAGE_COLUMNS:
            raise ValueError(f"Expected columns {IMAGE_COLUMNS} but got {tuple(self.images.columns)}")
        repeated = self.usable["image_id"].duplicated()
        if repeated.any():
            raise ValueError(f"Expected each usable image once but {int(repeated.sum())} ids repeat")
        self._require_no_loss()

    def _require_no_loss(self) -> None:
        """Every file found is a row or told as skipped, and every row is usable or quarantined: none is lost."""
        rows, skipped = len(self.images), len(self.skipped_files)
        if self.files_found != rows + skipped:
            raise ValueError(
                f"Expected each of the {self.files_found} files that the source found among the audited or the "
                f"skipped ones but got {rows} audited and {skipped} skipped"
            )
        usable, quarantined = len(self.usable), len(self.quarantine)
        if rows != usable + quarantined:
            raise ValueError(
                f"Expected each of {rows} files to be usable or quarantined but got {usable} usable and "
                f"{quarantined} quarantined"
            )

    @property
    def usable(self) -> pd.DataFrame:
        """Rows of the images that may be trained and judged on."""
        return self.images[self.images["reason"] == ""]

    @property
    def quarantine(self) -> pd.DataFrame:
        """Rows of the images that are left out, each with its reason."""
        return self.images[self.images["reason"] != ""]

    @property
    def class_counts(self) -> dict[str, int]:
        """Number of usable images of each class."""
        counts = self.usable["label"].value_counts()
        return {name: int(counts.get(name, 0)) for name in self.classes}

    def require_trust(self) -> None:
        """Stops here where the data cannot be trusted.

        Raises:
            DataError: If a finding is critical or a critical expectation is not met, naming all of them.
        """
        problems = [finding.message for finding in self.findings if finding.critical]
        problems += [
            expectation.told for expectation in self.expectations if expectation.critical and not expectation.success
        ]
        if problems:
            raise DataError(f"The data cannot be trusted: {'; '.join(problems)}.")

    def summary(self) -> dict[str, Any]:
        """Returns counts for reports: files, usable, quarantined and skipped by reason, duplicates, groups."""
        return {
            "files_found": self.files_found,
            "files": len(self.images),
            "usable": len(self.usable),
            "quarantined": {
                str(category): int(count)
                for category, count in categories(self.quarantine["reason"]).value_counts().items()
            },
            "skipped": len(self.skipped_files),
            "skipped_by_reason": dict(Counter(heading(reason) for _, reason in self.skipped_files).most_common()),
            "groups": int(self.usable["group"].nunique()),
            "near_duplicate_images": int(self.usable["duplicate_cluster"].duplicated(keep=False).sum()),
            "class_counts": self.class_counts,
        }
