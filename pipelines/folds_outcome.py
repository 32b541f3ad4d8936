"""What a finished cross-validation left behind."""

from typing import Any

from medimage.data.folds_hash import hash_of_splits
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.metrics.sensitivity_floor import sensitivity_floor
from medimage.evaluation.report.fold_figures import FoldFigures, mean_confidence, spread_over_folds
from pipelines.definitions.cross_validation import fold_branch
from pipelines.run_files import load_output
from pipelines.run_outcome import OutcomeSteps, RunOutcome, collect_outcome, require_completed
from pipelines.run_snapshot import RunSnapshot
from steps.branch import step_id


def _splits(run: RunSnapshot) -> list[Split]:
    splits: list[Split] = []
    while (step := step_id("split_dataset", fold_branch(len(splits)))) in run.steps:
        splits.append(load_output(run, step, "split"))
    return splits


FOLDS_STEPS = OutcomeSteps(
    split=step_id("split_dataset", fold_branch(0)),
    data_hash=lambda run: hash_of_splits(_splits(run)),
    gate="judge_folds",
    evaluate="pool_folds",
    report="write_folds_report",
    export="export_ensemble",
    promote="promote_ensemble",
)


def read_folds_outcome(run: RunSnapshot) -> RunOutcome:
    """Loads what a cross-validation left in the artifact store and puts report and graph where a person finds them.

    Raises:
        MedimageError: If the run did not reach the gate, with the step that failed.
    """
    require_completed(run)
    folds: list[Evaluation] = [
        load_output(run, step_id("evaluate_model", fold_branch(number)), "evaluation")
        for number in range(len(_splits(run)))
    ]
    figures = [FoldFigures.of(fold, fold=number) for number, fold in enumerate(folds)]
    pooled = load_output(run, FOLDS_STEPS.evaluate, "evaluation")
    further: dict[str, Any] = {
        "folds": [own.to_dict() for own in figures],
        "over_folds": {name: spread.to_dict() for name, spread in spread_over_folds(figures).items()},
        "sensitivity_floor": sensitivity_floor(pooled.metrics).to_dict(),
        "mean_confidence": mean_confidence(pooled),
    }
    return collect_outcome(run, FOLDS_STEPS, further=further)
