"""Step: one self-contained page on the run, for the dashboard, for MLflow and for a browser."""

from typing import Annotated

from zenml import get_step_context, step

from materializers.run_report import RunReportMaterializer
from medimage.config.run import RunConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.split import Split
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.report import render_report
from medimage.evaluation.report.report_champion import render_champion
from medimage.evaluation.report.report_dossier import render_dossier
from medimage.evaluation.report.run_report import RunReport
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.models.trained_model import TrainedModel
from medimage.models.training_record import TrainingRecord
from medimage.registry.experiment_log import ExperimentLog, log_to_mlflow
from steps.code_files import cache_on_code
from steps.report_context import parts_of, report_context
from steps.run_dossier import report_documents, run_dossier


@step(output_materializers={"report": RunReportMaterializer}, cache_policy=cache_on_code(__name__))
def write_report(
    model: TrainedModel,
    images: ImageTable,
    audit: DataAudit,
    split: Split,
    shortcuts: ShortcutAudit,
    subgroups: SubgroupAudit,
    evaluation: Evaluation,
    explanation: Explanation,
    gate_report: GateReport,
    champion: ChampionComparison,
    config: RunConfig,
    experiment: str,
) -> Annotated[RunReport, "report"]:
    """Writes the report, also where the gate did not pass, and logs the outcome to MLflow.

    Args:
        model: What was trained, with its history.
        images: Shown as a montage.
        audit: What is known about the data.
        split: How they were divided.
        shortcuts: What was found about shortcuts and leakage.
        subgroups: What was measured of the subgroups of the test images.
        evaluation: What was measured.
        explanation: Heat maps.
        gate_report: The verdict.
        champion: How the model compares with the one in use.
        config: The whole configuration.
        experiment: MLflow experiment.
    """
    run_name = get_step_context().pipeline_run.name
    context = report_context(
        config,
        run_id=run_name,
        model=f"{model.spec.name}, {model.parameters:,} parameters, {model.spec.input_size} px",
        images=images,
        audit=audit,
        shortcuts=shortcuts,
        subgroups=subgroups,
        columns=parts_of(split),
        data_hash=split.content_hash,
        explanations={"": explanation},
    )
    dossier = run_dossier(
        config,
        context=context,
        training=TrainingRecord.of(model),
        evaluation=evaluation,
        gate_report=gate_report,
        data_hash=split.content_hash,
    )
    html = render_report(
        evaluation=evaluation,
        gate_report=gate_report,
        epochs=model.history.epochs,
        context=context,
        sections=[render_champion(champion)],
        dossier=render_dossier(dossier),
    )

    def log_outcome(log: ExperimentLog) -> None:
        log.log_parameters({"config": config.model_dump(mode="json")})
        log.log_history(model.history)
        log.log_metrics({"test": evaluation.summary()})
        log.set_tags({"gate_verdict": str(gate_report.verdict)})
        log.log_text(html, "report.html")
        log.log_text(audit.data_docs, "data_docs.html")
        log.finish()

    log_to_mlflow(log_outcome, experiment=experiment, run_id=run_name)
    return RunReport(html, documents=report_documents(dossier))
