"""What a finished evaluation of registered models left behind."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimage.evaluation.comparison.model_ranking import ModelRanking
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.registry.look_up import find_version
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.version_reference import VersionReference
from pipelines.data_settings import DataSettings
from pipelines.definitions.evaluation import branch_of_version
from pipelines.run_files import load_output, write_page
from pipelines.run_outcome import require_completed, step_statuses
from pipelines.run_snapshot import RunSnapshot
from pipelines.summary import model_values
from steps.branch import step_id
from steps.judge_registered_model import judge_registered_model


@dataclass(frozen=True, kw_only=True)
class EvaluationOutcome:
    """Artifacts of an evaluation, and where its page is.

    Attributes:
        run_id: ZenML's id of the run.
        ranking: The ranking with its recommendation.
        chosen: The recommended model, or the best one where none is recommended, as it stands in the registry.
        gate_report: The verdict on it.
        evaluation: Its metrics.
        data_hash: Content hash of the images, or of their split.
        report_path: The HTML report.
        steps: Status and seconds of each step.
    """

    run_id: str
    ranking: ModelRanking
    chosen: RegisteredVersion
    gate_report: GateReport
    evaluation: Evaluation
    data_hash: str
    report_path: Path
    steps: dict[str, dict[str, Any]]

    def summary(self, settings: DataSettings) -> dict[str, Any]:
        """Returns the outcome as JSON that programs read: the keys of a training run, and the ranking.

        Verdict, criteria, metrics and model are those of the recommended model, or of the best one where none is
        recommended.

        Args:
            settings: The run's settings.
        """
        report = self.gate_report.to_dict()
        values = self.ranking.to_dict()
        return {
            "run_id": self.run_id,
            "config_hash": settings.config_hash,
            "data_hash": self.data_hash,
            "verdict": report["verdict"],
            "criteria": report["criteria"],
            "metrics": self.evaluation.summary(),
            "model": model_values(self.chosen),
            "onnx": None,
            "bento": None,
            "report": str(self.report_path),
            "steps": self.steps,
            "recommendation": {"name": values["recommended"], "reason": values["reason"]},
            "ranking": values["ranking"],
            "failures": values["failures"],
            "images": {"offered": values["offered"], "common": values["common"]},
            "judged_on_these_images": values["seen"],
        }


def read_evaluation_outcome(run: RunSnapshot, models: tuple[VersionReference, ...]) -> EvaluationOutcome:
    """Loads what an evaluation left in the artifact store and puts its report where a person finds it.

    Args:
        run: The run.
        models: The versions that were to be judged.

    Raises:
        MedimageError: If the run did not come to a ranking, with the step that failed.
        RegistryError: If the registry has gone away since.
    """
    if "rank_registered_models" not in run.steps:
        require_completed(run)
    ranking: ModelRanking = load_output(run, "rank_registered_models", "ranking")
    steps = {model.title: step_id(judge_registered_model.name, branch_of_version(model)) for model in models}
    require_completed(run, may_fail=[steps[name] for name in ranking.failures])
    title = ranking.recommended or ranking.ranking[0].name
    chosen = next(model for model in models if model.title == title)
    split = run.steps.get("split_dataset")
    data = load_output(run, "download_dataset", "images") if split is None else load_output(run, split.name, "split")
    return EvaluationOutcome(
        run_id=str(run.id),
        ranking=ranking,
        chosen=find_version(name=chosen.name, version=chosen.version),
        gate_report=load_output(run, steps[title], "gate_report"),
        evaluation=load_output(run, steps[title], "evaluation"),
        data_hash=data.content_hash,
        report_path=write_page(run, "write_models_report"),
        steps=step_statuses(run),
    )
