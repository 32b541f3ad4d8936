"""All that a run of monitoring leaves: the outcome, its page, and the history up to it."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class MonitoringReport:
    """What a person looks at, and what a program reads.

    Attributes:
        summary: The outcome as JSON-ready values.
        markdown: The outcome as a page of words.
        page: The outcome as a page with pictures, HTML without a script.
        evidently: Evidently's page; empty where there were too few images to compare.
        history: The history as a plot, PNG.
    """

    summary: dict[str, Any]
    markdown: str
    page: str
    evidently: str
    history: bytes

    def to_json(self) -> str:
        """Returns the outcome as JSON."""
        return json.dumps(self.summary, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
