"""One run of the evaluation pipeline: from resolved settings to summary and closing words."""

import json

from medimage.evaluation.comparison.model_ranking_table import ranking_table
from medimage.exit_codes import GATE_NOT_PASSED, PASSED
from medimage.registry.find_models import ALL, find_models
from medimage.whole_file import write_whole
from pipelines.data_settings import resolve_data_settings
from pipelines.definitions.evaluation import evaluation_pipeline
from pipelines.evaluation_arguments import EvaluationArguments
from pipelines.evaluation_outcome import read_evaluation_outcome
from pipelines.next_commands import next_commands
from pipelines.training_run import open_console, prepare_run, run_to_outcome, tell_where


def run_evaluation(arguments: EvaluationArguments) -> int:
    """Runs an evaluation and tells how it ended.

    Args:
        arguments: What the user asked for.

    Returns:
        0 where a model is recommended, 3 where none passed.

    Raises:
        MedimageError: If no model could be judged, or a step that all of them need ended with an error.
    """
    prepare_run(arguments.run)
    settings = resolve_data_settings(arguments.run.config)
    models = find_models(arguments.models)
    outcome = run_to_outcome(
        evaluation_pipeline,
        arguments.run,
        settings=settings,
        read=lambda run: read_evaluation_outcome(run, models),
        steps=None,
        parameters={
            "settings": settings,
            "models": list(models),
            "part": arguments.part,
            "may_fail": arguments.models == (ALL,),
        },
    )
    if arguments.run.summary is not None:
        text = json.dumps(outcome.summary(settings), indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(arguments.run.summary, text.encode("utf-8", errors="backslashreplace") + b"\n")
    console = open_console()
    console.print()
    console.print(ranking_table(outcome.ranking))
    for name, reason in outcome.ranking.failures.items():
        console.print(f"{name} is left out: {reason}", highlight=False, markup=False)
    tell_where(console, outcome.report_path, next_commands(bento_tag=None))
    return GATE_NOT_PASSED if outcome.ranking.recommended is None else PASSED
