"""One run of the experiment pipeline: from resolved settings to summary and closing words."""

import json

from medimage.config.candidates import candidate_configs
from medimage.config.loading import RunArguments, config_hash
from medimage.errors import MedimageError
from medimage.evaluation.comparison.comparison_table import ranking_table
from medimage.exit_codes import GATE_NOT_PASSED, PASSED
from medimage.whole_file import write_whole
from pipelines.definitions.experiment import experiment_pipeline
from pipelines.experiment_outcome import read_experiment_outcome
from pipelines.next_commands import next_commands
from pipelines.run_settings import RunSettings, resolve_run_settings
from pipelines.training_run import open_console, prepare_run, run_to_outcome, tell_unwritten_logs, tell_where


def run_experiment(arguments: RunArguments) -> int:
    """Runs an experiment and tells how it ended.

    Args:
        arguments: What the user asked for; the configuration has candidates.

    Returns:
        0 where a candidate is recommended for promotion, 3 where none passed the gate.

    Raises:
        MedimageError: If no candidate could be judged, or a step that all of them need ended with an error.
    """
    prepare_run(arguments)
    config = arguments.config
    candidates = _resolve_candidates(arguments)
    # What all candidates share, such as the data and the experiment, is the same in the settings of each.
    settings = next(iter(candidates.values())).model_copy(update={"config_hash": config_hash(config)})
    outcome = run_to_outcome(
        experiment_pipeline,
        arguments,
        settings=settings,
        read=read_experiment_outcome,
        steps=None,
        parameters={"settings": settings, "candidates": candidates},
    )
    if arguments.summary is not None:
        text = json.dumps(outcome.summary(settings), indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(arguments.summary, text.encode("utf-8", errors="backslashreplace") + b"\n")
    console = open_console()
    console.print()
    console.print(ranking_table(outcome.comparison))
    for name, reason in outcome.comparison.failures.items():
        console.print(f"{name} failed: {reason}", highlight=False, markup=False)
    tell_where(console, outcome.report_path, next_commands(bento_tag=None, folder=outcome.report_path.parent))
    tell_unwritten_logs(outcome.steps, arguments)
    recommended = outcome.comparison.recommended
    if recommended is None:
        return GATE_NOT_PASSED
    console.print(
        f"Promote {recommended}: run pipelines.train_pipeline with the same files and options, and with "
        f"--experiment.candidate {recommended}; what was trained here is taken from the cache.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    return PASSED


def _resolve_candidates(arguments: RunArguments) -> dict[str, RunSettings]:
    settings = {}
    for name, config in candidate_configs(arguments.config).items():
        try:
            settings[name] = resolve_run_settings(config)
        except MedimageError as error:
            raise type(error)(f"experiment.candidates.{name}: {error}") from error
    return settings
