"""One run of the retraining pipeline: from a champion in use to closing words."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from medimage.config.run import RunConfig
from medimage.errors import ConfigurationError
from medimage.evaluation.report.closing_table import closing_table
from medimage.exit_codes import UNDER_WAY
from medimage.printable import printable
from medimage.registry.champion import find_champion
from medimage.registry.find_models import find_model_called, find_version_called
from medimage.registry.version_reference import VersionReference
from medimage.retraining.begun import BegunRetraining, forget_begun, note_begun
from medimage.retraining.history import (
    FAILED,
    RetrainingEntry,
    append_decision,
    history_file,
    read_decisions,
)
from medimage.retraining.retraining_request import RetrainingRequest
from medimage.retraining.turn import retraining_turn
from medimage.whole_file import write_whole
from pipelines.begun_retrainings import finish_begun, present_code, present_stores
from pipelines.definitions.retrain import retrain_pipeline
from pipelines.native_schedule import HandedToSchedulerError
from pipelines.next_commands import next_commands
from pipelines.retrain_arguments import RetrainArguments
from pipelines.retrain_outcome import RETRAINING_STEPS, FinishedRetraining, read_retraining
from pipelines.run_settings import RunSettings, resolve_run_settings
from pipelines.training_run import open_console, prepare_run, run_to_outcome, tell_where


def run_retraining(arguments: RetrainArguments) -> int:
    """Decides, trains where that is due, and tells what came of it.

    Args:
        arguments: What the user asked for.

    Returns:
        0 where nothing was due or all went as configured, 3 where it was due and the champion stays, 5 where another
        retraining of the model is under way.

    Raises:
        ConfigurationError: If the model has no champion, or another one is named.
        MedimageError: If a step ended with an error that a user can act on.
    """
    prepare_run(arguments.run)
    name = arguments.run.config.registered_name
    with retraining_turn(name, wait=arguments.wait) as is_ours:
        if not is_ours:
            return _step_aside(arguments)
        finish_begun(name)
        settings = _settings(arguments.run.config)
        champion = _champion(arguments, settings)
        finished = _run(arguments, settings, champion)
        entry = RetrainingEntry.of(finished.decision, finished.outcome, made=datetime.now(UTC), run=finished.run_name)
        append_decision(history_file(name), entry)
        forget_begun(name, run=finished.run_name)
    if arguments.run.summary is not None:
        _write(finished.summary(settings), arguments.run.summary)
    _tell(finished, name)
    return finished.exit_code


def _settings(config: RunConfig) -> RunSettings:
    settings = resolve_run_settings(config)
    return settings.model_copy(update={"champion": find_champion(settings.registered_name)})


def _step_aside(arguments: RetrainArguments) -> int:
    name = arguments.run.config.registered_name
    told = (
        f"Another retraining of {name} is under way in this workspace: this one steps aside, and nothing was decided. "
        "With --wait it waits for the other one."
    )
    if arguments.run.summary is not None:
        under_way = {"champion": None, "decision": None, "new_data": None, "result": "under_way", "sentences": [told]}
        _write({"run_id": None, "retraining": under_way}, arguments.run.summary)
    open_console().print(told, soft_wrap=True, highlight=False, markup=False)
    return UNDER_WAY


def _champion(arguments: RetrainArguments, settings: RunSettings) -> VersionReference:
    """Returns the champion of the configuration, which must be the one that is named."""
    name, called = settings.registered_name, arguments.model
    if called is not None and called.partition("@")[0].partition("/")[0] != name:
        raise ConfigurationError(
            f"--model: {called} is named, but this configuration makes versions of {name}: name the configuration that "
            "the model was trained with, or set --registry.name."
        )
    if settings.champion is None:
        try:
            find_model_called(name)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"There is nothing to train again: {error}. pipelines.train_pipeline with this configuration makes the "
                "first version."
            ) from error
        raise ConfigurationError(
            f"{name} has no champion to train again: medimage registry promote {name}/VERSION makes a version that."
        )
    champion = settings.champion.reference
    if called is not None:
        try:
            found = find_version_called(called)
        except ConfigurationError as error:
            raise ConfigurationError(f"--model: {error}") from error
        if found.version != champion.version:
            raise ConfigurationError(
                f"--model: {called} is version {found.version}, but version {champion.version} is the champion of "
                f"{name}, and only the model in use is trained again: name {name}@champion."
            )
    return champion


def _run(arguments: RetrainArguments, settings: RunSettings, champion: VersionReference) -> FinishedRetraining:
    file = history_file(champion.name)
    attempts = [entry.attempt for entry in read_decisions(file)]
    request = RetrainingRequest(
        champion=champion,
        new_data=None if arguments.new_data is None else str(arguments.new_data),
        monitoring=arguments.monitoring,
        forced_by="" if arguments.force is None else arguments.force.by,
        forced_because="" if arguments.force is None else arguments.force.reason,
        attempts=tuple(attempt for attempt in attempts if attempt is not None),
    )
    try:
        return run_to_outcome(
            retrain_pipeline,
            arguments.run,
            settings=settings,
            read=lambda run: read_retraining(run, champion=champion),
            steps=RETRAINING_STEPS,
            parameters={"settings": settings, "request": request},
            has_verdict=lambda finished: finished.trained is not None,
            begins=lambda run: note_begun(
                BegunRetraining(run=run, champion=champion, code_sha256=present_code(), stores_sha256=present_stores())
            ),
        )
    except HandedToSchedulerError:
        raise
    except Exception as error:
        failed = RetrainingEntry(
            made=datetime.now(UTC),
            champion=champion.title,
            verdict="",
            reasons=(),
            sentence=f"The retraining of {champion.title} ended with an error.",
            result=FAILED,
            outcome=str(error),
        )
        append_decision(file, failed)
        raise


def _write(summary: dict[str, Any], path: Path) -> None:
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, text.encode("utf-8", errors="backslashreplace") + b"\n")


def _tell(finished: FinishedRetraining, name: str) -> None:
    console = open_console()
    console.print()
    if finished.trained is not None:
        console.print(closing_table(finished.trained.gate_report, title="Medical validation gate"))
    for sentence in finished.sentences():
        console.print(Text(printable(sentence)), soft_wrap=True)
    console.print(f"History: {history_file(name)}", soft_wrap=True, highlight=False, markup=False)
    if finished.trained is not None:
        page = finished.trained.report_path
        tell_where(console, page, next_commands(bento_tag=finished.trained.bento_tag, folder=page.parent))
