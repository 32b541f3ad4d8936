"""Storage of a model's answers on many files."""

import html
from collections.abc import Callable
from typing import Any, ClassVar

from materializers.file_materializer import FileMaterializer
from medimage.inference.prediction_table import PredictionTable

_FILE = "predictions.parquet"
_SHOWN_REFUSALS = 50


class PredictionTableMaterializer(FileMaterializer):
    """Stores a `PredictionTable` as Parquet."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (PredictionTable,)

    def to_files(self, data: PredictionTable) -> dict[str, bytes]:
        """Returns the table."""
        return {_FILE: data.to_parquet()}

    def from_files(self, read: Callable[[str], bytes]) -> PredictionTable:
        """Builds the table."""
        return PredictionTable.from_parquet(read(_FILE))

    def views(self, data: PredictionTable) -> dict[str, str | bytes]:
        """Returns how many files each class is the most probable one for, and files that have no answer."""
        counts = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{number}</td></tr>" for name, number in data.counts().items()
        )
        refusals = "".join(
            f"<li>{html.escape(file)}: {html.escape(reason)}</li>" for file, reason in data.refusals()[:_SHOWN_REFUSALS]
        )
        page = (
            f"<!doctype html><meta charset='utf-8'><p>{data.answered} of {len(data.table)} files have an answer.</p>"
            f"<table>{counts}</table>"
        )
        if refusals:
            page += f"<p>No answer (the first {_SHOWN_REFUSALS} at most):</p><ul>{refusals}</ul>"
        return {"counts.html": page}

    def extract_metadata(self, data: PredictionTable) -> dict[str, Any]:
        """Returns what the dashboard lists beside the artifact."""
        return {"files": len(data.table), "answered": data.answered, "refused": data.refused, **data.counts()}
