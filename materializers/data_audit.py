"""Storage of data audits."""

import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

import pandas as pd
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, content_hash, json_bytes
from medimage.data.audit.data_audit import DataAudit, Expectation, Finding
from medimage.data.audit.intensity_profile import IntensityProfile
from medimage.data.safe_csv import safe_csv

_ROWS_SHOWN = 1_000
"""A browser shows so many rows at once without delay."""

_MARKUP = re.compile(r"[\\`*_\[\]#|]")


class DataAuditMaterializer(FileMaterializer):
    """Stores a `DataAudit` as Parquet, JSON and HTML."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (DataAudit,)

    def to_files(self, data: DataAudit) -> dict[str, bytes]:
        """Returns the fate of every file, the findings, and Great Expectations' page."""
        buffer = io.BytesIO()
        data.images.to_parquet(buffer, index=False, compression="zstd")
        return {
            "images.parquet": buffer.getvalue(),
            "audit.json": json_bytes(
                {
                    "classes": data.classes,
                    "skipped_files": data.skipped_files,
                    "files_found": data.files_found,
                    "findings": [asdict(finding) for finding in data.findings],
                    "expectations": [asdict(expectation) for expectation in data.expectations],
                    "profile": None if data.profile is None else data.profile.to_dict(),
                }
            ),
            "data_docs.html": data.data_docs.encode(),
        }

    def from_files(self, read: Callable[[str], bytes]) -> DataAudit:
        """Builds the audit."""
        values = json.loads(read("audit.json"))
        return DataAudit(
            images=pd.read_parquet(io.BytesIO(read("images.parquet"))),
            classes=tuple(values["classes"]),
            skipped_files=tuple((name, reason) for name, reason in values["skipped_files"]),
            files_found=int(values["files_found"]),
            findings=tuple(Finding(**finding) for finding in values["findings"]),
            expectations=tuple(Expectation(**expectation) for expectation in values["expectations"]),
            data_docs=read("data_docs.html").decode(),
            profile=None if values["profile"] is None else IntensityProfile.from_dict(values["profile"]),
        )

    def compute_content_hash(self, data: DataAudit) -> str | None:
        """Returns the hash of everything but Great Expectations' page, which holds the time it was made at."""
        return content_hash({name: file for name, file in self.to_files(data).items() if name != "data_docs.html"})

    def extract_metadata(self, data: DataAudit) -> dict[str, MetadataType]:
        """Returns the counts for the dashboard."""
        return {name: value for name, value in data.summary().items() if value != {}}

    def views(self, data: DataAudit) -> dict[str, str | bytes]:
        """Returns counts and findings, the quarantine, the first images, and Great Expectations' page."""
        skipped = pd.DataFrame(data.skipped_files, columns=["name", "reason"]).assign(label="")
        excluded = pd.concat([data.quarantine, skipped])[["name", "label", "reason"]]
        return {
            "findings.md": _findings_page(data),
            "quarantine.csv": safe_csv(excluded.head(_ROWS_SHOWN), paths=["name"]),
            "images.csv": safe_csv(data.images.drop(columns="image_id").head(_ROWS_SHOWN), paths=["name"]),
            "expectations.html": data.data_docs,
        }


def _findings_page(data: DataAudit) -> str:
    """Returns counts and findings as Markdown."""
    summary = data.summary()
    unmet = [expectation for expectation in data.expectations if not expectation.success]
    critical = [expectation.told for expectation in unmet if expectation.critical]
    critical += [finding.message for finding in data.findings if finding.critical]
    others = [finding.message for finding in data.findings if not finding.critical]
    lines = [
        "## Data audit",
        "",
        f"{summary['files_found']:,} files found = {summary['usable']:,} images kept + "
        f"{len(data.quarantine):,} quarantined + {summary['skipped']:,} skipped. "
        f"{len(data.expectations) - len(unmet)} of {len(data.expectations)} expectations are met.",
        "",
        *(f"- **stops the run:** {_plain(message)}" for message in critical),
        *(f"- {_plain(message)}" for message in others),
    ]
    if not critical and not others:
        lines.append("Nothing was found that a person should know.")
    if len(data.quarantine) + len(data.skipped_files) > _ROWS_SHOWN:
        lines += ["", f"Tables show their first {_ROWS_SHOWN:,} rows; the artifact has all."]
    return "\n".join(lines) + "\n"


def _plain(message: str) -> str:
    """Escapes what Markdown would take for markup: file names may hold anything."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", html.escape(message, quote=False).replace("\n", " "))
