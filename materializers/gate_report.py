"""Storage of gate reports."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.gate.criterion import Criterion
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.closing_table import cases_text, estimate_text, interval_text, threshold_text
from medimage.markdown_table import markdown_table

_NUMBERS = ("estimate", "interval", "n", "threshold")


class GateReportMaterializer(FileMaterializer):
    """Stores a `GateReport` as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (GateReport,)

    def to_files(self, data: GateReport) -> dict[str, bytes]:
        """Returns every criterion with its verdict."""
        return {"gate_report.json": json_bytes(data.to_dict())}

    def from_files(self, read: Callable[[str], bytes]) -> GateReport:
        """Builds the report; its verdict follows from the criteria."""
        return GateReport.from_dict(json.loads(read("gate_report.json")))

    def extract_metadata(self, data: GateReport) -> dict[str, MetadataType]:
        """Returns the verdict and what was missed."""
        return {"verdict": str(data.verdict), "missed": [criterion.title for criterion in data.missed()]}

    def views(self, data: GateReport) -> dict[str, str | bytes]:
        """Returns the gate as a table."""
        lines = [
            f"## Medical validation gate: {data.verdict}",
            "",
            data.sentence(),
            "",
            *markdown_table(
                ("criterion", *_NUMBERS, "verdict"), [_row(criterion) for criterion in data.criteria], numbers=_NUMBERS
            ),
        ]
        return {"gate.md": "\n".join(lines) + "\n"}


def _row(criterion: Criterion) -> tuple[str, ...]:
    figures = (text(criterion) for text in (estimate_text, interval_text, cases_text, threshold_text))
    return (criterion.title, *figures, criterion.verdict.value)
