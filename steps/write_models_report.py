"""Step: one self-contained page on registered models that were judged, and a line of it at each of their versions."""

import datetime
from collections import Counter
from importlib.metadata import version
from typing import Annotated, Literal

from zenml import get_step_context, step

from materializers.run_report import RunReportMaterializer
from medimage.config.loading import config_hash, config_to_yaml
from medimage.config.run import RunConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.image_table import ImageTable
from medimage.data.montage import montage_from_table
from medimage.data.split import Split
from medimage.evaluation.comparison.model_ranking import ModelRanking
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.audit_section import AuditSection
from medimage.evaluation.report.report_context import ReportContext
from medimage.evaluation.report.report_models import ReportedModel, render_models
from medimage.evaluation.report.run_report import RunReport
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.registry.experiment_log import ExperimentLog, log_to_mlflow
from medimage.registry.version_evaluations import VersionEvaluation, link_evaluation
from medimage.registry.version_reference import VersionReference
from steps.code_files import cache_on_code
from steps.judge_registered_model import images_to_judge
from steps.run_dossier import report_documents

_PACKAGES = ("medimage", "zenml", "onnxruntime", "numpy", "pillow")
_WORDS = {"all": "every usable image of the source", "test": "the test images of the source"}


@step(output_materializers={"report": RunReportMaterializer}, cache_policy=cache_on_code(__name__))
def write_models_report(
    ranking: ModelRanking,
    evaluations: list[Evaluation],
    gate_reports: list[GateReport],
    subgroups: list[SubgroupAudit],
    images: ImageTable,
    audit: DataAudit,
    models: list[VersionReference],
    part: Literal["all", "test"],
    config: RunConfig,
    experiment: str,
    split: Split | None = None,
) -> Annotated[RunReport, "report"]:
    """Writes the report, logs it to MLflow, and links what was found to the version of every model.

    Args:
        ranking: The ranking with its recommendation.
        evaluations: What was measured of each model.
        gate_reports: The verdict on each.
        subgroups: What was measured of the subgroups of the images by each.
        images: Shown as a montage.
        audit: What is known about the data.
        models: The versions, in the same order.
        part: Which images they were judged on.
        config: The whole configuration.
        experiment: MLflow experiment.
        split: Where only its test images count.
    """
    run_name = get_step_context().pipeline_run.name
    chosen = images_to_judge(audit, split)
    data_hash = images.content_hash if split is None else split.content_hash
    cases = {name: set[str]() for name in chosen.classes}
    for label, group in zip(chosen.labels, chosen.groups, strict=True):
        cases[label].add(group)
    title = "images" if part == "all" else "test"
    context = ReportContext(
        problem=config.problem,
        description=config.description,
        model=f"{len(models)} registered {'model' if len(models) == 1 else 'models'}",
        run_id=run_name,
        created=datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
        split_images={title: dict(Counter(chosen.labels))},
        split_cases={title: {name: len(groups) for name, groups in cases.items()}},
        audit=AuditSection.of(audit, images),
        montage=montage_from_table(images),
        configuration=config_to_yaml(config),
        provenance={
            "configuration": config_hash(config),
            "images": data_hash,
            **{model.title: model.onnx_sha256 for model in models},
            **{package: version(package) for package in _PACKAGES},
        },
    )
    reported = {
        model.title: ReportedModel(evaluation=evaluation, gate_report=gate_report, subgroups=measured)
        for model, evaluation, gate_report, measured in zip(models, evaluations, gate_reports, subgroups, strict=True)
    }
    html = render_models(ranking, reported, context=context, judged_on=_WORDS[part])

    def log_outcome(log: ExperimentLog) -> None:
        log.log_parameters({"config": config.model_dump(mode="json")})
        log.set_tags({"recommended": ranking.recommended or "none"})
        log.log_metrics({model.title: reported[model.title].evaluation.summary() for model in models})
        log.log_text(html, "report.html")
        log.log_text(audit.data_docs, "data_docs.html")
        log.finish()

    log_to_mlflow(log_outcome, experiment=experiment, run_id=run_name)
    for model, evaluation, gate_report in zip(models, evaluations, gate_reports, strict=True):
        link_evaluation(
            model,
            VersionEvaluation(
                run_id=run_name,
                data_hash=data_hash,
                config_hash=config_hash(config),
                part=part,
                images=len(evaluation.test),
                gate=gate_report.to_dict(),
                metrics=evaluation.summary(),
            ),
            report=html,
        )
    return RunReport(html, documents=report_documents())
