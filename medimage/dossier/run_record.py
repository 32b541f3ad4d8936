"""What a dossier is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medimage.config.run import RunConfig
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.report_context import ReportContext
from medimage.models.training_record import TrainingRecord


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything that a run knows of itself when its report is written.

    Attributes:
        config: The configuration.
        context: What the report shows beside the numbers.
        training: How the model was trained; of folds, that of the first.
        evaluation: What was measured; of folds, of all out-of-fold predictions.
        gate_report: The verdict.
        folds: How many models were trained, each on all folds but one; 0 where one model was trained on one split.
        subgroups: What was measured by age, sex, scanner or the like: name of the grouping → JSON-ready values; empty
            where nothing was.
    """

    config: RunConfig
    context: ReportContext
    training: TrainingRecord
    evaluation: Evaluation
    gate_report: GateReport
    folds: int = 0
    subgroups: Mapping[str, Any] = field(default_factory=dict)
