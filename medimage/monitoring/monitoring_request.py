"""What a run of monitoring is asked to look at."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from medimage.monitoring.window import WindowChoice


class MonitoringRequest(BaseModel):
    """Where to look, and what counts.

    Attributes:
        source: Whether a prediction log or images are looked at.
        folder: Absolute path of their folder.
        feedback: Absolute path of a feedback log's folder; None without.
        labels: Absolute path of a table of the images' true classes; None without.
        reference_images: Absolute path of a folder of held-out images; None for the reference that is stored with the
            version.
        since: Rows at this time or later; all when not given.
        until: Rows before this time; all when not given.
        last_rows: The latest so many of those; all when not given.
        settings: What counts as drift where it is not by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["log", "images"]
    folder: str
    feedback: str | None = None
    labels: str | None = None
    reference_images: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    last_rows: int | None = None
    settings: dict[str, Any] = {}

    @property
    def choice(self) -> WindowChoice:
        """Which rows of a log count."""
        return WindowChoice(since=self.since, until=self.until, last_rows=self.last_rows)
