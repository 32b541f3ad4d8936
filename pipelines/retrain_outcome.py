"""What a finished retraining left behind."""

from dataclasses import dataclass
from typing import Any

from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.gate.gate_report import GateReport
from medimage.exit_codes import NOT_REPLACED, PASSED
from medimage.registry.version_reference import VersionReference
from medimage.retraining.contribution import Contribution
from medimage.retraining.decision import RetrainingDecision, RetrainingVerdict
from medimage.retraining.new_image import NewImages
from medimage.retraining.outcome import RetrainingOutcome, RetrainingResult, not_registered
from pipelines.run_files import load_output
from pipelines.run_outcome import (
    TRAINING_STEPS,
    OutcomeSteps,
    RunOutcome,
    collect_outcome,
    require_completed,
    step_statuses,
)
from pipelines.run_settings import RunSettings
from pipelines.run_snapshot import RunSnapshot
from pipelines.summary import no_model, summarize

RETRAINING_STEPS = OutcomeSteps(
    split=TRAINING_STEPS.split,
    data_hash=TRAINING_STEPS.data_hash,
    gate=TRAINING_STEPS.gate,
    evaluate=TRAINING_STEPS.evaluate,
    report=TRAINING_STEPS.report,
    export=TRAINING_STEPS.export,
    promote="register_challenger",
)


@dataclass(frozen=True, kw_only=True)
class FinishedRetraining:
    """Artifacts of a retraining.

    Attributes:
        run_id: ZenML's id of the run.
        run_name: ZenML's name of the run.
        champion: The version that was in use.
        decision: Whether it was trained again, and why.
        new: What became of each new file; None where none were brought.
        contribution: What new images contributed; None where none were brought.
        monitoring: What monitoring found; None where there was no log.
        trained: What the training left; None where there was none.
        outcome: What became of the new model; None where there is none.
        steps: Status and seconds of each step.
    """

    run_id: str
    run_name: str
    champion: VersionReference
    decision: RetrainingDecision
    new: NewImages | None
    contribution: Contribution | None
    monitoring: dict[str, Any] | None
    trained: RunOutcome | None
    outcome: RetrainingOutcome | None
    steps: dict[str, dict[str, Any]]

    @property
    def exit_code(self) -> int:
        """0 where nothing was due or all went as configured, 3 where it was due and the champion stays."""
        if self.outcome is None:
            return PASSED if self.decision.verdict is RetrainingVerdict.NOT_DUE else NOT_REPLACED
        well = self.outcome.result in (RetrainingResult.PROMOTED, RetrainingResult.BETTER)
        return PASSED if well else NOT_REPLACED

    def sentences(self) -> tuple[str, ...]:
        """Returns what a person should know, in the order in which it came about."""
        return (
            *(reason.sentence for reason in self.decision.reasons),
            *self.decision.notes,
            *(() if self.contribution is None else self.contribution.sentences()),
            self.decision.sentence,
            *(() if self.outcome is None else (self.outcome.sentence,)),
        )

    def _new_data(self) -> dict[str, Any] | None:
        if self.new is None or self.contribution is None:
            return None
        files = {file.name: file.reason for file in self.new.files if file.reason}
        return {**self.contribution.to_dict(), "files_left_out": files}

    def summary(self, settings: RunSettings) -> dict[str, Any]:
        """Returns the outcome as JSON that programs read: the keys of a training run, and the retraining.

        Args:
            settings: The run's settings.
        """
        training = untrained_summary(settings) if self.trained is None else summarize(self.trained, settings)
        return {
            **training,
            "run_id": self.run_id,
            "steps": self.steps,
            "retraining": {
                "champion": self.champion.model_dump(mode="json"),
                "decision": self.decision.to_dict(),
                "new_data": self._new_data(),
                "result": None if self.outcome is None else self.outcome.result.value,
                "sentences": list(self.sentences()),
            },
            "monitoring": self.monitoring,
        }


def untrained_summary(settings: RunSettings) -> dict[str, Any]:
    """Returns the keys of the summary of a run that trained nothing.

    Args:
        settings: The run's settings.
    """
    nothing = dict.fromkeys(("run_id", "data_hash", "verdict", "onnx", "bento", "report", "champion"))
    empty = {"criteria": [], "metrics": {}, "decisions": {}, "steps": {}}
    return {**nothing, **empty, "config_hash": settings.config_hash, "model": no_model(settings.registered_name)}


def read_retraining(run: RunSnapshot, *, champion: VersionReference) -> FinishedRetraining:
    """Loads what a retraining left in the artifact store.

    Args:
        run: The run.
        champion: The version that was in use.

    Raises:
        MedimageError: If a step did not complete.
    """
    require_completed(run)
    decision: RetrainingDecision = load_output(run, "decide_retraining", "decision")
    trained, outcome, split = None, None, None
    if decision.is_yes:
        comparison: ChampionComparison = load_output(run, "compare_with_champion", "champion_comparison")
        gate_report: GateReport = load_output(run, RETRAINING_STEPS.gate, "gate_report")
        split = load_output(run, RETRAINING_STEPS.split, "split")
        trained = collect_outcome(run, RETRAINING_STEPS, further={"champion": comparison.to_dict()})
        outcome = not_registered(gate_report, comparison, champion=champion.version)
        outcome = outcome or load_output(run, "promote_challenger", "outcome")
    new: NewImages | None = load_output(run, "merge_new_data", "new") if "merge_new_data" in run.steps else None
    watched = load_output(run, "monitor_model", "monitoring") if "monitor_model" in run.steps else None
    return FinishedRetraining(
        run_id=str(run.id),
        run_name=run.name,
        champion=champion,
        decision=decision,
        new=new,
        contribution=None if new is None else Contribution.of(new, split),
        monitoring=None if watched is None else watched.summary,
        trained=trained,
        outcome=outcome,
        steps=step_statuses(run),
    )
