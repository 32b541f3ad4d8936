"""Step: one self-contained page on a cross-validation, for the dashboard, for MLflow and for a browser."""

from typing import Annotated

from zenml import get_step_context, step

from materializers.run_report import RunReportMaterializer
from medimage.config.run import RunConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.folds_hash import hash_of_splits
from medimage.data.image_table import ImageTable
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.fold_figures import FoldFigures, spread_over_folds
from medimage.evaluation.report.report import render_report
from medimage.evaluation.report.report_dossier import render_dossier
from medimage.evaluation.report.report_folds import FoldRow, fold_meanings, render_folds
from medimage.evaluation.report.run_report import RunReport
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.models.training_record import TrainingRecord
from medimage.registry.experiment_log import ExperimentLog, log_to_mlflow
from steps.branch_log import log_branch
from steps.code_files import cache_on_code
from steps.report_context import report_context
from steps.run_dossier import report_documents, run_dossier


@step(output_materializers={"report": RunReportMaterializer}, cache_policy=cache_on_code(__name__))
def write_folds_report(
    training: list[TrainingRecord],
    folds: list[Evaluation],
    explanations: list[Explanation],
    images: ImageTable,
    audit: DataAudit,
    splits: list[Split],
    shortcuts: ShortcutAudit,
    subgroups: SubgroupAudit,
    pooled: Evaluation,
    gate_report: GateReport,
    config: RunConfig,
    branches: list[str],
    experiment: str,
) -> Annotated[RunReport, "report"]:
    """Writes the report, also where the gate did not pass, and logs the outcome of every fold and of all to MLflow.

    Args:
        training: How each fold's model was trained.
        folds: What was measured on each fold.
        explanations: Heat maps of each fold's model.
        images: Shown as a montage.
        audit: What is known about the data.
        splits: How they were divided in each fold.
        shortcuts: What was found about shortcuts and leakage.
        subgroups: What was measured of the subgroups of the test images.
        pooled: What was measured on the out-of-fold predictions.
        gate_report: The verdict.
        config: The whole configuration.
        branches: Name of each fold within the run.
        experiment: MLflow experiment.
    """
    run_name = get_step_context().pipeline_run.name
    figures = [FoldFigures.of(fold, fold=number) for number, fold in enumerate(folds)]
    rows = [
        FoldRow.of(own, training=record, explanation=explanation)
        for own, record, explanation in zip(figures, training, explanations, strict=True)
    ]
    spec, is_ensemble = training[0].spec, config.cross_validation.ensemble
    context = report_context(
        config,
        run_id=run_name,
        model=f"{spec.name}, {training[0].parameters:,} parameters, {spec.input_size} px, {len(folds)} folds",
        images=images,
        audit=audit,
        shortcuts=shortcuts,
        subgroups=subgroups,
        columns={f"fold {number}": (split, "test") for number, split in enumerate(splits)},
        data_hash=hash_of_splits(splits),
        explanations={f"fold {number}": explanation for number, explanation in enumerate(explanations)},
    )
    dossier = run_dossier(
        config,
        context=context,
        training=training[0],
        evaluation=pooled,
        gate_report=gate_report,
        data_hash=hash_of_splits(splits),
        folds=len(folds),
    )
    html = render_report(
        evaluation=pooled,
        gate_report=gate_report,
        epochs=(),
        context=context,
        meanings=fold_meanings(is_ensemble=is_ensemble),
        sections=[render_folds(rows, pooled, is_ensemble=is_ensemble)],
        dossier=render_dossier(dossier),
    )
    for branch, record, fold in zip(branches, training, folds, strict=True):
        log_branch(
            experiment=experiment,
            run_name=run_name,
            branch=branch,
            history=record.history,
            metrics={"test": fold.summary()},
            tags={},
        )

    def log_outcome(log: ExperimentLog) -> None:
        log.log_parameters({"config": config.model_dump(mode="json")})
        spread = {name: value.to_dict() for name, value in spread_over_folds(figures).items()}
        log.log_metrics({"test": pooled.summary(), "folds": spread})
        log.set_tags({"gate_verdict": str(gate_report.verdict)})
        log.log_text(html, "report.html")
        log.log_text(audit.data_docs, "data_docs.html")
        log.finish()

    log_to_mlflow(log_outcome, experiment=experiment, run_id=run_name)
    return RunReport(html, documents=report_documents(dossier))
