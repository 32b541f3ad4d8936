"""Figures of the report, as SVG: learning curves, confusion matrix, reliability diagram, intervals."""

from medimage.evaluation.figures.confusion_matrix import draw_confusion_matrix
from medimage.evaluation.figures.intervals import draw_intervals
from medimage.evaluation.figures.learning_curves import EpochFigures, draw_learning_curves
from medimage.evaluation.figures.reliability import draw_reliability

__all__ = [
    "EpochFigures",
    "draw_confusion_matrix",
    "draw_intervals",
    "draw_learning_curves",
    "draw_reliability",
]
