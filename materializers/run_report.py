"""Storage of run reports."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from materializers.file_materializer import FileMaterializer, json_bytes
from medimage.evaluation.report.run_report import RunReport

_FILE, _DOCUMENTS = "report.html", "documents.json"


class RunReportMaterializer(FileMaterializer):
    """Stores a `RunReport` as the page it is, and its documents as JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (RunReport,)

    def to_files(self, data: RunReport) -> dict[str, bytes]:
        """Returns the page, and its documents by their names."""
        return {_FILE: data.html.encode(), _DOCUMENTS: json_bytes(dict(data.documents))}

    def from_files(self, read: Callable[[str], bytes]) -> RunReport:
        """Builds the report."""
        return RunReport(read(_FILE).decode(), documents=json.loads(read(_DOCUMENTS)))

    def views(self, data: RunReport) -> dict[str, str | bytes]:
        """Returns the page itself."""
        return {_FILE: data.html}
