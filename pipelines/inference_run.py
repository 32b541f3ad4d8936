"""One run of the inference pipeline: from a folder to a file of answers and closing words."""

import datetime
import json
import shutil
from typing import Any

from rich.text import Text

from medimage.errors import ConfigurationError
from medimage.exit_codes import ERROR, PASSED
from medimage.inference.answering_model import find_answering_model
from medimage.inference.files_fingerprint import files_fingerprint
from medimage.inference.image_file import images_below
from medimage.inference.prediction_table import PredictionTable
from medimage.printable import printable
from medimage.registry.version_reference import VersionReference
from medimage.serving.decoders import decoder_versions
from medimage.serving.notice import NOTICE
from medimage.whole_file import write_whole
from medimage.wording import counted
from medimage.workspace import sweep_temporary_folders
from pipelines.definitions.inference import inference_pipeline
from pipelines.inference_arguments import InferenceArguments
from pipelines.killed_runs import run_under_way
from pipelines.log_filter import hide_known_tracebacks
from pipelines.native_schedule import run_options
from pipelines.run_files import load_output
from pipelines.run_logs import log_of_run
from pipelines.run_outcome import require_completed, step_statuses
from pipelines.stacks.active import stack_options
from pipelines.training_run import open_console, start_run
from pipelines.unused_integrations import leave_unused_integrations_out
from steps.predict_images import parts_folder

_TOLD_REFUSALS = 10


def run_inference(arguments: InferenceArguments) -> int:
    """Answers on every image, writes the answers, and tells how many there are.

    Args:
        arguments: What the user asked for.

    Returns:
        0 where there are answers, 1 where no file could be answered.

    Raises:
        ConfigurationError: If the folder holds no image, or the model is not there.
        MedimageError: If the step ended with an error.
    """
    hide_known_tracebacks()
    sweep_temporary_folders()
    leave_unused_integrations_out()
    files = images_below(arguments.images)
    if not files:
        raise ConfigurationError(f"--images: there is no image below {arguments.images}")
    model = find_answering_model(arguments.model)
    identity: dict[str, Any] = {
        "folder": str(arguments.images),
        "fingerprint": files_fingerprint(files),
        "decoders": decoder_versions(),
    }
    parts = parts_folder(model, **identity)
    if not arguments.use_cache:
        shutil.rmtree(parts, ignore_errors=True)
    name = f"{inference_pipeline.name}-{datetime.datetime.now(tz=datetime.UTC):%Y_%m_%d-%H_%M_%S_%f}"
    configured = inference_pipeline.with_options(
        enable_cache=arguments.use_cache, **run_options(name), **stack_options()
    )
    with run_under_way(), log_of_run(name):
        run = start_run(lambda: configured(model=model, **identity), run_name=name)
    require_completed(run)
    predictions: PredictionTable = load_output(run, "predict_images", "predictions")
    predictions.write(arguments.output)
    # Only now: a file that cannot be written must not cost the answers.
    shutil.rmtree(parts, ignore_errors=True)
    if arguments.summary is not None:
        summary = _summary(arguments, model, predictions) | {"run_id": str(run.id), "steps": step_statuses(run)}
        text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(arguments.summary, text.encode("utf-8", errors="backslashreplace") + b"\n")
    _tell(arguments, model, predictions)
    return PASSED if predictions.answered else ERROR


def _summary(arguments: InferenceArguments, model: VersionReference, predictions: PredictionTable) -> dict[str, Any]:
    return {
        "model": model.model_dump(mode="json"),
        "images": str(arguments.images),
        "predictions": str(arguments.output.absolute()),
        "files": len(predictions.table),
        "answered": predictions.answered,
        "refused": predictions.refused,
        "counts": predictions.counts(),
        "notice": NOTICE,
    }


def _tell(arguments: InferenceArguments, model: VersionReference, predictions: PredictionTable) -> None:
    console = open_console()
    console.print(f"\n{model.title} answered on {predictions.answered} of {counted(len(predictions.table), 'file')}:")
    for name, number in predictions.counts().items():
        console.print(Text(f"  {printable(name)}: {number}"))
    refusals = predictions.refusals()
    for file, reason in refusals[:_TOLD_REFUSALS]:
        console.print(Text(f"No answer on {printable(file)}: {printable(reason)}"))
    if len(refusals) > _TOLD_REFUSALS:
        console.print(f"and {len(refusals) - _TOLD_REFUSALS} more, told in the column refusal")
    console.print(f"Answers: {arguments.output.absolute()}\n{NOTICE}", soft_wrap=True, highlight=False, markup=False)
