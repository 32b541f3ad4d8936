"""Step: one self-contained page on an experiment, for the dashboard, for MLflow and for a browser."""

from typing import Annotated

from zenml import get_step_context, step

from materializers.run_report import RunReportMaterializer
from medimage.config.run import RunConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.split import Split
from medimage.evaluation.comparison.comparison import Comparison
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.report_comparison import ComparedCandidate, render_comparison
from medimage.evaluation.report.run_report import RunReport
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.models.training_record import TrainingRecord
from medimage.registry.experiment_log import ExperimentLog, log_to_mlflow
from medimage.registry.run_status import mark_run
from steps.branch import branch_run
from steps.branch_log import log_branch
from steps.code_files import cache_on_code
from steps.report_context import parts_of, report_context
from steps.run_dossier import report_documents


@step(output_materializers={"report": RunReportMaterializer}, cache_policy=cache_on_code(__name__))
def write_comparison_report(
    comparison: Comparison,
    training: list[TrainingRecord],
    evaluations: list[Evaluation],
    gate_reports: list[GateReport],
    explanations: list[Explanation],
    subgroups: list[SubgroupAudit],
    images: ImageTable,
    audit: DataAudit,
    split: Split,
    shortcuts: ShortcutAudit,
    names: list[str],
    config: RunConfig,
    experiment: str,
) -> Annotated[RunReport, "report"]:
    """Writes the report and logs the outcome of every candidate and of all to MLflow.

    Args:
        comparison: The ranking with its recommendation.
        training: How each candidate was trained.
        evaluations: What was measured of each.
        gate_reports: The verdict on each.
        explanations: Heat maps of each, on the same images.
        subgroups: What was measured of the subgroups of the test images by each.
        images: Shown as a montage.
        audit: What is known about the data.
        split: How they were divided.
        shortcuts: What was found about shortcuts and leakage.
        names: Names of the candidates.
        config: The whole configuration.
        experiment: MLflow experiment.
    """
    run_name = get_step_context().pipeline_run.name
    context = report_context(
        config,
        run_id=run_name,
        model=f"{len(names)} candidates",
        images=images,
        audit=audit,
        shortcuts=shortcuts,
        columns=parts_of(split),
        data_hash=split.content_hash,
    )
    candidates = {
        name: ComparedCandidate(
            evaluation=evaluation,
            gate_report=gate_report,
            explanation=explanation,
            subgroups=measured,
            training=record,
            changes=config.experiment.candidates[name].changes(),
        )
        for name, record, evaluation, gate_report, explanation, measured in zip(
            names, training, evaluations, gate_reports, explanations, subgroups, strict=True
        )
    }
    html = render_comparison(comparison, candidates, context=context)
    for name, candidate in candidates.items():
        log_branch(
            experiment=experiment,
            run_name=run_name,
            branch=name,
            history=candidate.training.history,
            metrics={"test": candidate.evaluation.summary()},
            tags={"gate_verdict": str(candidate.gate_report.verdict), "candidate": name},
        )

    for name in comparison.failures:
        mark_run(experiment=experiment, run_id=branch_run(run_name, name), status="FAILED")

    def log_outcome(log: ExperimentLog) -> None:
        log.log_parameters({"config": config.model_dump(mode="json")})
        log.set_tags({"recommended": comparison.recommended or "none"})
        log.log_text(html, "report.html")
        log.log_text(audit.data_docs, "data_docs.html")
        log.finish()

    log_to_mlflow(log_outcome, experiment=experiment, run_id=run_name)
    return RunReport(html, documents=report_documents())
