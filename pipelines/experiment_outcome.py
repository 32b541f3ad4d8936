"""What a finished experiment left behind."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimage.data.split import Split
from medimage.evaluation.comparison.comparison import Comparison
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from pipelines.run_files import load_output, write_page
from pipelines.run_outcome import require_completed, step_statuses
from pipelines.run_settings import RunSettings
from pipelines.run_snapshot import RunSnapshot
from steps.branch import branch_of, step_id


@dataclass(frozen=True, kw_only=True)
class ExperimentOutcome:
    """Artifacts of an experiment, and where its page is.

    Attributes:
        run_id: ZenML's id of the run.
        comparison: The ranking with its recommendation.
        chosen: The recommended candidate, or the best one where none is recommended.
        gate_report: The verdict on it.
        evaluation: Its metrics.
        data_hash: Content hash of the split.
        report_path: The HTML report.
        steps: Status and seconds of each step.
    """

    run_id: str
    comparison: Comparison
    chosen: str
    gate_report: GateReport
    evaluation: Evaluation
    data_hash: str
    report_path: Path
    steps: dict[str, dict[str, Any]]

    def summary(self, settings: RunSettings) -> dict[str, Any]:
        """Returns the outcome as JSON that programs read: the keys of a training run, and the ranking.

        Verdict, criteria and metrics are those of the recommended candidate, or of the best one where none is
        recommended; `model` and files are empty, as an experiment registers nothing.

        Args:
            settings: The run's settings.
        """
        report = self.gate_report.to_dict()
        values = self.comparison.to_dict()
        return {
            "run_id": self.run_id,
            "config_hash": settings.config_hash,
            "data_hash": self.data_hash,
            "verdict": report["verdict"],
            "criteria": report["criteria"],
            "metrics": self.evaluation.summary(),
            "model": {"name": None, "version": None, "aliases": []},
            "onnx": None,
            "bento": None,
            "report": str(self.report_path),
            "steps": self.steps,
            "candidate": self.chosen,
            "recommendation": {"name": values["recommended"], "reason": values["reason"]},
            "ranking": values["ranking"],
            "failures": values["failures"],
            "judged_on_this_test_set": values["seen"],
        }


def read_experiment_outcome(run: RunSnapshot) -> ExperimentOutcome:
    """Loads what an experiment left in the artifact store and puts its report where a person finds it.

    Raises:
        MedimageError: If the run did not come to a ranking, with the step that failed.
    """
    if "compare_candidates" not in run.steps:
        require_completed(run)
    comparison: Comparison = load_output(run, "compare_candidates", "comparison")
    require_completed(run, may_fail=[name for name in run.steps if branch_of(name) in comparison.failures])
    chosen = comparison.recommended or comparison.ranking[0].name
    split: Split = load_output(run, "split_dataset", "split")
    return ExperimentOutcome(
        run_id=str(run.id),
        comparison=comparison,
        chosen=chosen,
        gate_report=load_output(run, step_id("medical_validation_gate", chosen), "gate_report"),
        evaluation=load_output(run, step_id("evaluate_model", chosen), "evaluation"),
        data_hash=split.content_hash,
        report_path=write_page(run, "write_comparison_report"),
        steps=step_statuses(run),
    )
