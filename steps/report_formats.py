"""Step: add what was exported to the report of the run."""

from typing import Annotated

from zenml import get_step_context, step

from materializers.run_report import RunReportMaterializer
from medimage.evaluation.report.late_section import with_late_section
from medimage.evaluation.report.report_formats import render_formats
from medimage.evaluation.report.run_report import RunReport
from medimage.export.exported_model import ExportedModel
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.export.precision.precision_table import change_rows, report_rows, resemblance_rows
from medimage.registry.experiment_log import log_to_mlflow
from steps.code_files import cache_on_code


@step(output_materializers={"report": RunReportMaterializer}, cache_policy=cache_on_code(__name__))
def report_formats(
    report: RunReport,
    exported: ExportedModel,
    experiment: str,
    precisions: PrecisionChoice | None = None,
) -> Annotated[RunReport, "report"]:
    """Returns the report with a table of all files, and puts it in the place of the one in MLflow.

    Args:
        report: The report that was written when the verdict was there, whatever came of the export.
        exported: The model in single precision, in every format.
        experiment: MLflow experiment.
        precisions: What was tried in fewer bits, where something was.
    """
    section = render_formats(
        report_rows(exported, precisions),
        changes=[] if precisions is None else change_rows(precisions),
        resemblances=[] if precisions is None else resemblance_rows(precisions),
        margin=None if precisions is None else precisions.sensitivity_margin,
        minimum_speedup=None if precisions is None else precisions.minimum_speedup,
        machine=exported.latency.machine,
        machine_in_turns="" if precisions is None else precisions.machine,
    )
    html = with_late_section(report.html, section)
    log_to_mlflow(
        lambda log: log.log_text(html, "report.html"),
        experiment=experiment,
        run_id=get_step_context().pipeline_run.name,
    )
    return RunReport(html, documents=report.documents)
