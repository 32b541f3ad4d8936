"""The logs that the service is set up to write."""

from dataclasses import dataclass
from typing import Self

from medimage.serving.answers import Health, ModelIdentity
from medimage.serving.feedback_log.writer import FeedbackLogWriter
from medimage.serving.prediction_log.writer import PredictionLogWriter
from medimage.serving.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class ServiceLogs:
    """The logs of one process.

    Attributes:
        predictions: The log of predictions; None where none is asked for.
        feedback: The log of feedback; None where none is asked for.
    """

    predictions: PredictionLogWriter | None
    feedback: FeedbackLogWriter | None

    @classmethod
    def open(cls, settings: ServiceSettings) -> Self:
        """Opens the logs that the settings name.

        Raises:
            ServiceNotStartedError: If a folder cannot be made or written to.
        """
        folder, file_bytes = settings.prediction_log, settings.prediction_log_file_mb * 2**20
        return cls(
            predictions=PredictionLogWriter(folder, file_bytes=file_bytes) if folder else None,
            feedback=FeedbackLogWriter(settings.feedback_log) if settings.feedback_log else None,
        )

    def health(self, model: ModelIdentity) -> Health:
        """Returns how a process is that answers with a model."""
        predictions, feedback = (log.state if log else "off" for log in (self.predictions, self.feedback))
        return Health(
            status="degraded" if "failing" in (predictions, feedback) else "ok",
            model=model,
            prediction_log=predictions,
            predictions_not_logged=self.predictions.lost if self.predictions else 0,
            feedback_log=feedback,
        )

    def close(self) -> None:
        """Closes them."""
        for log in (self.predictions, self.feedback):
            if log is not None:
                log.close()
