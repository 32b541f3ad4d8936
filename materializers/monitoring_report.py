"""Storage of what a run of monitoring leaves."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from materializers.file_materializer import FileMaterializer
from medimage.monitoring.monitoring_report import MonitoringReport

_SUMMARY, _MARKDOWN, _PAGE = "summary.json", "summary.md", "monitoring.html"
_EVIDENTLY, _HISTORY = "evidently.html", "history.png"


class MonitoringReportMaterializer(FileMaterializer):
    """Stores a `MonitoringReport` as the files that people look at."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (MonitoringReport,)

    def to_files(self, data: MonitoringReport) -> dict[str, bytes]:
        """Returns the files."""
        return {
            _SUMMARY: data.to_json().encode(),
            _MARKDOWN: data.markdown.encode(),
            _PAGE: data.page.encode(),
            _EVIDENTLY: data.evidently.encode(),
            _HISTORY: data.history,
        }

    def from_files(self, read: Callable[[str], bytes]) -> MonitoringReport:
        """Builds the report."""
        return MonitoringReport(
            summary=json.loads(read(_SUMMARY)),
            markdown=read(_MARKDOWN).decode(),
            page=read(_PAGE).decode(),
            evidently=read(_EVIDENTLY).decode(),
            history=read(_HISTORY),
        )

    def views(self, data: MonitoringReport) -> dict[str, str | bytes]:
        """Returns the verdict, then the history and the page.

        Evidently's page is stored and not shown: it is made of scripts, which the dashboard does not run.
        """
        return {"1-summary.md": data.markdown, "2-history.png": data.history, "3-monitoring.html": data.page}

    def extract_metadata(self, data: MonitoringReport) -> dict[str, Any]:
        """Returns what the dashboard lists beside the artifact."""
        return {"verdict": data.summary["verdict"], "images": data.summary["window"]["images"]}
