"""Holds what a model says now against what it said when it was judged."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from medimage.monitoring.columns import LABEL
from medimage.monitoring.columns_figure import draw_columns, most_different
from medimage.monitoring.drift_check import check_drift
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.evidently_page import evidently_html
from medimage.monitoring.feedback_performance import FeedbackPerformance, measure_performance
from medimage.monitoring.history import HistoryEntry, append_history, read_history
from medimage.monitoring.history_figure import draw_history
from medimage.monitoring.judgements import Judgements
from medimage.monitoring.monitoring_outcome import MonitoringOutcome
from medimage.monitoring.monitoring_page import render_monitoring
from medimage.monitoring.monitoring_report import MonitoringReport
from medimage.monitoring.reference import MonitoringReference
from medimage.monitoring.window import LogWindow
from medimage.serving.feedback_log.logged_feedback import LoggedFeedback


def monitor(
    reference: MonitoringReference,
    window: LogWindow,
    *,
    model: str,
    source: str,
    feedback: Iterable[LoggedFeedback] | None,
    labels: Mapping[str, frozenset[str | None]] | None = None,
    settings: DriftSettings,
    history: Path,
) -> MonitoringReport:
    """Compares a window with the reference, and appends what it came to to the history.

    Args:
        reference: What the model said of the images that it was judged on.
        window: What it says now.
        model: Name and version, in words.
        source: Where the window is from, in words.
        feedback: Rows of the feedback log; None where there is none.
        labels: True classes of the answers, as `ImageWindow` has them; None where they are not known. They count in
            place of feedback.
        settings: What counts as drift.
        history: File of the history.

    Raises:
        NoLocksError: If its file system has no locks.
        OSError: If the history cannot be written.
    """
    check = check_drift(reference.observations, window.observations, settings=settings)
    outcome = MonitoringOutcome(
        model=model,
        sha256=reference.sha256,
        made=datetime.now(UTC),
        source=source,
        first=window.first,
        last=window.last,
        notes=window.notes,
        check=check,
        feedback=_performance(feedback, labels, reference, window, settings),
    )
    append_history(history, HistoryEntry.of(outcome))
    drawn = most_different(check.columns)
    columns = draw_columns(reference.observations, window.observations, drawn) if drawn else b""
    pictured = draw_history(read_history(history))
    return MonitoringReport(
        summary=outcome.to_dict(),
        markdown=outcome.to_markdown(),
        page=render_monitoring(outcome, columns=columns, history=pictured),
        evidently=evidently_html(reference.observations, window.observations, check) if check.columns else "",
        history=pictured,
    )


def _performance(
    feedback: Iterable[LoggedFeedback] | None,
    labels: Mapping[str, frozenset[str | None]] | None,
    reference: MonitoringReference,
    window: LogWindow,
    settings: DriftSettings,
) -> FeedbackPerformance | None:
    given = window.observations.names(LABEL).tolist()
    answered = dict(zip(window.prediction_ids, given, strict=True))
    if labels is not None:
        judgements = Judgements.of_labels(labels, answered=answered)
    elif feedback is not None:
        judgements = Judgements.of_feedback(feedback, answered=answered)
    else:
        return None
    known = reference.truth
    return measure_performance(
        judgements,
        answered=answered,
        classes=reference.observations.classes,
        reference=None if known is None else (known, reference.observations.names(LABEL)),
        settings=settings,
    )
