"""What the log of feedback is called."""

from medimage.serving.line_log.log_kind import LogKind

FEEDBACK_LOG = LogKind(
    name="feedback log",
    rows="rows of feedback",
    file_prefix="feedback-",
    variable="MEDIMAGE_SERVE_FEEDBACK_LOG",
    without="Feedback is refused meanwhile.",
)
