"""One run of a training pipeline: from resolved settings to summary and closing words."""

import datetime
from collections.abc import Callable
from typing import Any

from rich.console import Console
from zenml.exceptions import RunInterruptedException
from zenml.models import PipelineRunResponse

from medimage.config.loading import RunArguments
from medimage.errors import MedimageError
from medimage.evaluation.closing_table import closing_table
from medimage.evaluation.criterion import Verdict
from medimage.exit_codes import GATE_NOT_PASSED, PASSED
from medimage.workspace import sweep_temporary_folders
from pipelines.failed_run import record_failure
from pipelines.log_filter import hide_known_tracebacks
from pipelines.next_commands import next_commands
from pipelines.run_outcome import RunOutcome, read_outcome
from pipelines.run_settings import resolve_run_settings
from pipelines.stopped_dashboard import leave_stopped_dashboard
from pipelines.summary import write_summary
from pipelines.unused_integrations import leave_unused_integrations_out

_WIDTH_IN_FILES = 120


def run_training(pipeline: Any, arguments: RunArguments) -> int:
    """Runs a training pipeline and tells how it ended.

    Args:
        pipeline: The ZenML pipeline; takes `config` and `settings`.
        arguments: What the user asked for.

    Returns:
        0 where the gate passed and the model is packaged, 3 where the gate did not pass.

    Raises:
        MedimageError: If a step ended with an error that a user can act on.
    """
    if arguments.summary is not None:
        # What an earlier run wrote must not be taken for the outcome of this one, however it ends.
        arguments.summary.unlink(missing_ok=True)
    hide_known_tracebacks()
    sweep_temporary_folders()
    leave_stopped_dashboard()
    leave_unused_integrations_out()
    settings = resolve_run_settings(arguments.config)
    configured = pipeline.with_options(enable_cache=arguments.use_cache)
    since = datetime.datetime.now(tz=datetime.UTC)
    try:
        outcome = read_outcome(_run(lambda: configured(config=arguments.config, settings=settings)))
    except BaseException as error:
        record_failure(error, settings=settings, since=since, summary=arguments.summary)
        raise
    if arguments.summary is not None:
        write_summary(outcome, settings, path=arguments.summary)
    _tell_outcome(outcome)
    return PASSED if outcome.gate_report.verdict is Verdict.PASS else GATE_NOT_PASSED


def _run(start: Callable[[], PipelineRunResponse | None]) -> PipelineRunResponse:
    try:
        run = start()
    except RunInterruptedException as error:
        # ZenML turns the signal that asks a process to end into this.
        raise KeyboardInterrupt from error
    if run is None:
        raise MedimageError(
            "The pipeline was handed to a scheduler and not run here, so there is no outcome to tell. Look at the "
            "ZenML dashboard for it."
        )
    return run


def _tell_outcome(outcome: RunOutcome) -> None:
    console = Console()
    if not console.is_terminal:
        # Into a file, the table is written whole whatever width a terminal would have.
        console = Console(width=_WIDTH_IN_FILES)
    console.print()
    console.print(closing_table(outcome.gate_report))
    console.print(f"\nReport: {outcome.report_path}", soft_wrap=True, highlight=False, markup=False)
    for title, command in next_commands(outcome):
        console.print(f"{title}:\n    {command}", soft_wrap=True, highlight=False, markup=False)
