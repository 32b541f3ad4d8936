"""Storage of run reports."""

from collections.abc import Callable
from typing import Any, ClassVar

from materializers.file_materializer import FileMaterializer
from medimage.evaluation.report.run_report import RunReport

_FILE = "report.html"


class RunReportMaterializer(FileMaterializer):
    """Stores a `RunReport` as the page it is."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (RunReport,)

    def to_files(self, data: RunReport) -> dict[str, bytes]:
        """Returns the page."""
        return {_FILE: data.html.encode()}

    def from_files(self, read: Callable[[str], bytes]) -> RunReport:
        """Builds the report."""
        return RunReport(read(_FILE).decode())

    def views(self, data: RunReport) -> dict[str, str | bytes]:
        """Returns the page itself."""
        return {_FILE: data.html}
