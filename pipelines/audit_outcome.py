"""What an audit alone gives: its files, and a short table."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from medimage import __version__
from medimage.config.loading import config_hash
from medimage.config.run import RunConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.audit.image_rows import image_rows
from medimage.data.audit.libraries import audit_library_versions
from medimage.data.folds import divide_into_folds
from medimage.data.safe_csv import safe_csv
from medimage.data.split import PARTS, Split
from medimage.errors import MedimageError
from medimage.printable import printable
from medimage.serving.decoders import decoder_versions
from medimage.serving.preprocessing import PREPROCESSING_VERSION
from medimage.whole_file import write_whole
from pipelines.audited_data import divide, read_and_audit

_WIDTH_IN_FILES = 120


@dataclass(frozen=True, kw_only=True)
class AuditOutcome:
    """An audit with the division that a run would make.

    Attributes:
        audit: The audited images.
        split: How a run would divide them; None where it would not come to that.
        folds: Fold of each image, image id → number from 0; empty without `split.folds`.
        problem: Why the data cannot be trusted or divided; None where they can.
        config_hash: SHA-256 of the configuration.
        images_hash: SHA-256 over everything that was read.
    """

    audit: DataAudit
    split: Split | None
    folds: Mapping[str, int]
    problem: MedimageError | None
    config_hash: str
    images_hash: str

    def to_dict(self) -> dict[str, Any]:
        """Returns what `audit.json` holds. Its keys are stable; `data_hash` is that of a run's summary."""
        split = self.split
        return {
            "trusted": self.problem is None,
            "problem": None if self.problem is None else str(self.problem),
            "counts": self.audit.summary(),
            "findings": [asdict(finding) for finding in self.audit.findings],
            "expectations": [asdict(expectation) for expectation in self.audit.expectations],
            "split": None
            if split is None
            else {
                "parts": {part: split.counts(part) for part in PARTS},
                "groups": {part: split.group_count(part) for part in PARTS},
                "left_out": len(split.left_out),
                "findings": list(split.findings),
            },
            "folds": len(set(self.folds.values())) or None,
            "config_hash": self.config_hash,
            "images_hash": self.images_hash,
            "data_hash": None if split is None else split.content_hash,
            "versions": {
                "medimage": __version__,
                "python": platform.python_version(),
                "preprocessing": PREPROCESSING_VERSION,
                **decoder_versions(),
                **audit_library_versions(),
            },
        }

    def write(self, *, images: Path, audit: Path, data_docs: Path) -> None:
        """Writes the rows, what was found, and Great Expectations' own page on it, each whole or not at all.

        Raises:
            StorageError: If one cannot be written.
        """
        rows = image_rows(self.audit, split=self.split, folds=self.folds)
        write_whole(images, safe_csv(rows, paths=["path"]))
        text = json.dumps(self.to_dict(), indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
        write_whole(audit, text.encode("utf-8", errors="backslashreplace") + b"\n")
        write_whole(data_docs, self.audit.data_docs.encode("utf-8", errors="backslashreplace"))

    def tell(self, folder: Path) -> None:
        """Prints a short table, the findings, and where the files are."""
        console = Console()
        if not console.is_terminal:
            console = Console(width=_WIDTH_IN_FILES)
        counts = self.audit.summary()
        table = Table("", "files", title="Data audit", title_justify="left")
        table.add_row("found", f"{self.audit.files_found:,}")
        table.add_row("skipped", f"{counts['skipped']:,}")
        for reason, count in counts["skipped_by_reason"].items():
            table.add_row(f"  {escape(printable(reason))}", f"{count:,}")
        for category, count in counts["quarantined"].items():
            table.add_row(f"quarantined: {category}", f"{count:,}")
        table.add_row("usable", f"{counts['usable']:,}")
        for part in PARTS if self.split is not None else ():
            table.add_row(f"  {part}", f"{sum(self.split.counts(part).values()):,}" if self.split else "")
        console.print(table)
        findings = [finding.message for finding in self.audit.findings]
        findings += [] if self.split is None else self.split.findings
        for message in findings:
            console.print(f"- {printable(message)}", highlight=False, markup=False)
        console.print(f"\nWritten to {folder.absolute()}", soft_wrap=True, highlight=False, markup=False)


def audit_outcome(config: RunConfig) -> AuditOutcome:
    """Audits and divides as a run does.

    Args:
        config: The run's configuration.

    Raises:
        MedimageError: If the images cannot be read.
    """
    table, audit = read_and_audit(config)
    split, folds, problem = None, {}, None
    try:
        audit.require_trust()
        split = divide(audit, config)
        if config.split.folds is not None:
            held = {image.image_id for image in split.left_out}
            found = divide_into_folds(audit, count=config.split.folds, seed=config.seed, left_out=held)
            folds = dict(zip(found.image_ids, found.folds, strict=True))
    except MedimageError as error:
        # What was found is written all the same: it is what a person needs to put the data right.
        problem = error
    return AuditOutcome(
        audit=audit,
        split=split,
        folds=folds,
        problem=problem,
        config_hash=config_hash(config),
        images_hash=table.content_hash,
    )
