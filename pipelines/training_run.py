"""One run of a training pipeline: from resolved settings to summary and closing words."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from zenml.exceptions import RunInterruptedException
from zenml.models import PipelineRunResponse

from medimage.config.loading import RunArguments
from medimage.config.run import RunConfig
from medimage.config.summary_file import remove_summary
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.report.closing_table import closing_table
from medimage.evidence.keys import signing_key
from medimage.exit_codes import GATE_NOT_PASSED, PASSED
from medimage.workspace import sweep_temporary_folders
from pipelines.cached_training import unwritten_logs
from pipelines.data_settings import DataSettings
from pipelines.failed_run import record_failure
from pipelines.killed_runs import run_under_way
from pipelines.log_filter import hide_known_tracebacks
from pipelines.native_schedule import HandedToSchedulerError, run_options
from pipelines.next_commands import next_commands
from pipelines.run_evidence import write_run_evidence
from pipelines.run_logs import log_of_run
from pipelines.run_outcome import TRAINING_STEPS, OutcomeSteps, RunOutcome, read_outcome
from pipelines.run_settings import RunSettings, resolve_run_settings
from pipelines.run_snapshot import RunSnapshot
from pipelines.stacks.active import stack_options
from pipelines.stacks.cluster_run import told_interruption
from pipelines.stacks.failed_run import told_failure
from pipelines.static_form import fitting_form
from pipelines.summary import write_summary
from pipelines.unused_integrations import leave_unused_integrations_out
from steps.stored_checkpoints import open_checkpoints, remove_finished_checkpoints

_WIDTH_IN_FILES = 120

Outcome = TypeVar("Outcome")


def run_training(
    pipeline: Any,
    arguments: RunArguments,
    *,
    read: Callable[[RunSnapshot], RunOutcome] = read_outcome,
    steps: OutcomeSteps = TRAINING_STEPS,
    title: str = "Medical validation gate",
    resolve: Callable[[RunConfig], RunSettings] = resolve_run_settings,
) -> int:
    """Runs a training pipeline and tells how it ended.

    Args:
        pipeline: The ZenML pipeline; takes `config` and `settings`.
        arguments: What the user asked for.
        read: Collects the outcome of its run.
        steps: Which steps leave that outcome.
        title: Heading of the closing table.
        resolve: Works out the settings from the configuration.

    Returns:
        0 where the gate passed and what is to be packaged is, 3 where the gate did not pass.

    Raises:
        MedimageError: If a step ended with an error that a user can act on.
    """
    prepare_run(arguments)
    settings = resolve(arguments.config)
    outcome = run_to_outcome(
        pipeline, arguments, settings=settings, read=read, steps=steps, parameters={"settings": settings}
    )
    if arguments.summary is not None:
        write_summary(outcome, settings, path=arguments.summary)
    _tell_outcome(outcome, title=title)
    tell_unwritten_logs(outcome.steps, arguments)
    return PASSED if outcome.gate_report.verdict is Verdict.PASS else GATE_NOT_PASSED


def prepare_run(arguments: RunArguments) -> None:
    """Does what every run begins with, before anything is looked up.

    Args:
        arguments: What the user asked for.

    Raises:
        ConfigurationError: If the key that is to sign the evidence cannot be read.
    """
    if arguments.summary is not None:
        remove_summary(arguments.summary)
    # A key that cannot be read is told now, and not after hours of training.
    signing_key(arguments.config.evidence.signing_key)
    hide_known_tracebacks()
    sweep_temporary_folders()
    leave_unused_integrations_out()


def run_to_outcome(
    pipeline: Any,
    arguments: RunArguments,
    *,
    settings: DataSettings,
    read: Callable[[RunSnapshot], Outcome],
    steps: OutcomeSteps | None,
    parameters: Mapping[str, Any],
    has_verdict: Callable[[Outcome], bool] = lambda _: True,
    begins: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Runs a pipeline and collects its outcome; where it has none, that is recorded.

    Args:
        pipeline: The ZenML pipeline; takes `config` and the parameters.
        arguments: What the user asked for.
        settings: The run's settings.
        read: Collects the outcome.
        steps: Which steps leave it, for the summary of a run that fails after some of them; None where there is not
            one of each.
        parameters: Further parameters of the pipeline.
        has_verdict: Whether the run came to a verdict on a model, which its evidence is of.
        begins: Called with the name of the run before it begins.

    Raises:
        MedimageError: If a step ended with an error that a user can act on.
    """
    # Named here, because others may start runs at the same time, and a failure must be told of the right one.
    name = f"{pipeline.name}-{datetime.datetime.now(tz=datetime.UTC):%Y_%m_%d-%H_%M_%S_%f}"
    fitting = fitting_form(pipeline)
    configured = fitting.with_options(enable_cache=arguments.use_cache, **run_options(name), **stack_options())
    with run_under_way(), log_of_run(name):
        try:
            begins(name)
            run = start_run(lambda: configured(config=arguments.config, **parameters), run_name=name)
            outcome = read(run)
            if has_verdict(outcome):
                write_run_evidence(run, config=arguments.config, experiment=settings.experiment)
        except BaseException as error:
            record_failure(error, steps=steps, settings=settings, run_name=name, summary=arguments.summary)
            raise
    remove_finished_checkpoints(open_checkpoints(run.name))
    return outcome


def start_run(start: Callable[[], PipelineRunResponse | None], *, run_name: str) -> RunSnapshot:
    """Runs a pipeline on the active stack, whichever way it is started.

    Args:
        start: Runs it.
        run_name: Name of the run.

    Raises:
        KeyboardInterrupt: If a signal asked the process to end; with words where the run goes on.
        HandedToSchedulerError: If the pipeline was handed to a scheduler.
        MedimageError: If it failed in a cluster.
    """
    try:
        run = start()
    except (KeyboardInterrupt, RunInterruptedException) as error:
        # ZenML turns the signal that asks a process to end into the latter.
        raise KeyboardInterrupt(told_interruption(run_name=run_name)) from error
    except Exception as error:
        told = told_failure(error, run_name=run_name)
        if told is error:
            raise
        raise told from error
    if run is None:
        raise HandedToSchedulerError(
            "The pipeline was handed to a scheduler and not run here, so there is no outcome to tell. Look at the "
            "ZenML dashboard for it."
        )
    return RunSnapshot(run)


def _tell_outcome(outcome: RunOutcome, *, title: str) -> None:
    console = open_console()
    console.print()
    console.print(closing_table(outcome.gate_report, title=title))
    tell_where(
        console, outcome.report_path, next_commands(bento_tag=outcome.bento_tag, folder=outcome.report_path.parent)
    )


def tell_unwritten_logs(steps: Mapping[str, Mapping[str, Any]], arguments: RunArguments) -> None:
    """Prints which logs were asked for and not written, if any.

    Args:
        steps: Status of each step by name.
        arguments: What the user asked for.
    """
    unwritten = unwritten_logs(steps, arguments.config.tracking)
    if unwritten is not None:
        open_console().print(unwritten, soft_wrap=True, highlight=False, markup=False)


def open_console() -> Console:
    """Returns a console for closing words; into a file, tables are written whole whatever a terminal's width is."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_IN_FILES)


def tell_where(console: Console, report: Path, commands: Sequence[tuple[str, str]]) -> None:
    """Prints where the report is, and what can be done now.

    Args:
        console: Where to print.
        report: The page.
        commands: Title and command of each thing that can be done.
    """
    console.print(f"\nReport: {report}", soft_wrap=True, highlight=False, markup=False)
    for title, command in commands:
        console.print(f"{title}:\n    {command}", soft_wrap=True, highlight=False, markup=False)
