"""What the log of predictions is called."""

from medimage.serving.line_log.log_kind import LogKind

PREDICTION_LOG = LogKind(
    name="prediction log",
    rows="predictions",
    file_prefix="predictions-",
    variable="MEDIMAGE_SERVE_PREDICTION_LOG",
    without="Answers are given without being logged.",
)
