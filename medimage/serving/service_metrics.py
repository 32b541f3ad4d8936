"""What the service counts, beside the requests that BentoML counts by path and status."""

from functools import cache

from medimage.serving.answers import ImageAnswer
from medimage.serving.refusal import RefusalReason, RequestRefusal

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)


class ServiceMetrics:
    """Prometheus metrics, summed over worker processes where `PROMETHEUS_MULTIPROC_DIR` is set, as BentoML does."""

    def __init__(self) -> None:
        # BentoML tells the library where to write before it starts a worker, and the library looks when it is imported.
        from prometheus_client import Counter, Gauge, Histogram  # noqa: PLC0415

        self._predictions = Counter("medimage_predictions", "Images answered, by most probable class.", ["label"])
        self._decisions = Counter("medimage_decisions", "Images answered, by outcome at operating points.", ["outcome"])
        self._abstentions = Counter("medimage_abstentions", "Images answered on which the model abstained.")
        self._warnings = Counter("medimage_warnings", "Warnings about images, by kind.", ["kind"])
        self._heat_maps = Counter("medimage_heat_maps", "Heat maps drawn.")
        self._images_refused = Counter("medimage_images_refused", "Files that are no acceptable image.", ["reason"])
        self._requests_refused = Counter("medimage_requests_refused", "Requests refused as a whole.", ["reason"])
        self._seconds = Histogram(
            "medimage_answer_seconds", "Time for one image, from its bytes to the answer.", buckets=_SECONDS
        )
        self._rows = Counter("medimage_prediction_log_rows", "Rows written to the prediction log.")
        self._lost = Counter("medimage_prediction_log_lost", "Predictions that could not be logged.")
        self._is_writing = Gauge(
            "medimage_prediction_log_is_writing",
            "1 where the last prediction could be logged.",
            multiprocess_mode="livemin",
        )
        self._feedback = Counter("medimage_feedback", "Feedback kept, by whether it agrees.", ["agrees"])
        self._feedback_lost = Counter("medimage_feedback_lost", "Feedback refused because its log cannot be written.")

    def count_answer(self, answer: ImageAnswer, *, seconds: float) -> None:
        """Counts an image that was answered."""
        self._predictions.labels(answer.label).inc()
        self._decisions.labels(answer.decision.outcome.value).inc()
        if answer.abstention.abstained:
            self._abstentions.inc()
        for warning in answer.warnings:
            self._warnings.labels(warning.kind.value).inc()
        self._seconds.observe(seconds)

    def count_heat_map(self) -> None:
        """Counts a heat map that was drawn."""
        self._heat_maps.inc()

    def count_refused_image(self, reason: RefusalReason) -> None:
        """Counts a file that is no acceptable image."""
        self._images_refused.labels(reason.value).inc()

    def count_refused_request(self, reason: RequestRefusal) -> None:
        """Counts a request that was refused as a whole."""
        self._requests_refused.labels(reason.value).inc()

    def count_log_row(self, *, is_written: bool) -> None:
        """Counts a row of the prediction log, or that it is missing."""
        (self._rows if is_written else self._lost).inc()
        self._is_writing.set(1 if is_written else 0)

    def count_feedback(self, *, agrees: bool, is_written: bool) -> None:
        """Counts feedback that was kept, or that it could not be."""
        if is_written:
            self._feedback.labels(str(agrees).lower()).inc()
        else:
            self._feedback_lost.inc()


@cache
def service_metrics() -> ServiceMetrics:
    """Returns the metrics of this process, which can be made only once."""
    return ServiceMetrics()
