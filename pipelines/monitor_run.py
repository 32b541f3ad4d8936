"""One run of the monitoring pipeline: from a log to closing words."""

import datetime
import json

from rich.text import Text

from medimage.exit_codes import CHANGED_IN_USE, NOT_ENOUGH_TO_TELL, PASSED
from medimage.inference.answering_model import find_answering_model
from medimage.monitoring.history import history_file
from medimage.monitoring.monitoring_outcome import MonitoringVerdict
from medimage.monitoring.monitoring_report import MonitoringReport
from medimage.printable import printable
from medimage.whole_file import write_whole
from medimage.workspace import sweep_temporary_folders
from pipelines.definitions.monitor import monitor_pipeline
from pipelines.killed_runs import run_under_way
from pipelines.log_filter import hide_known_tracebacks
from pipelines.monitor_arguments import MonitorArguments
from pipelines.native_schedule import run_options
from pipelines.run_files import load_output
from pipelines.run_logs import log_of_run
from pipelines.run_outcome import require_completed, step_statuses
from pipelines.stacks.active import stack_options
from pipelines.static_form import fitting_form
from pipelines.training_run import open_console, start_run
from pipelines.unused_integrations import leave_unused_integrations_out

_CODES = {
    MonitoringVerdict.AS_BEFORE: PASSED,
    MonitoringVerdict.CHANGED: CHANGED_IN_USE,
    MonitoringVerdict.NOT_ENOUGH: NOT_ENOUGH_TO_TELL,
}


def run_monitoring(arguments: MonitorArguments) -> int:
    """Compares, writes what was asked for, and tells the verdict.

    Args:
        arguments: What the user asked for.

    Returns:
        0 where all is as before, 3 where something has changed, 4 where there are too few images to tell.

    Raises:
        ConfigurationError: If the model is not there.
        MedimageError: If the step ended with an error.
    """
    hide_known_tracebacks()
    sweep_temporary_folders()
    leave_unused_integrations_out()
    model = find_answering_model(arguments.model)
    name = f"{monitor_pipeline.name}-{datetime.datetime.now(tz=datetime.UTC):%Y_%m_%d-%H_%M_%S_%f}"
    configured = fitting_form(monitor_pipeline).with_options(**run_options(name), **stack_options())
    with run_under_way(), log_of_run(name):
        run = start_run(lambda: configured(model=model, request=arguments.request), run_name=name)
    require_completed(run)
    report: MonitoringReport = load_output(run, "monitor_model", "monitoring")
    if arguments.summary is not None:
        summary = {
            **report.summary,
            "model": model.model_dump(mode="json"),
            "run_id": str(run.id),
            "steps": step_statuses(run),
        }
        text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(arguments.summary, text.encode("utf-8", errors="backslashreplace") + b"\n")
    if arguments.report is not None:
        write_whole(arguments.report, report.page.encode())
    if arguments.evidently is not None and report.evidently:
        write_whole(arguments.evidently, report.evidently.encode())
    console = open_console()
    verdict = MonitoringVerdict(report.summary["verdict"])
    console.print(f"\n{model.title}: {verdict.value.replace('_', ' ')}")
    for sentence in report.summary["sentences"]:
        console.print(Text(printable(sentence)), soft_wrap=True)
    console.print(f"History: {history_file(model.onnx_sha256)}", soft_wrap=True, highlight=False, markup=False)
    return _CODES[verdict]
