"""One run of the inference pipeline: from a folder to a file of answers and closing words."""

import datetime
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from medimage.errors import ConfigurationError, MedimageError
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
from medimage.work_share import work_shares
from medimage.workspace import sweep_temporary_folders
from pipelines.definitions.inference import inference_pipeline
from pipelines.failed_shares import told_with_files
from pipelines.inference_arguments import InferenceArguments
from pipelines.killed_runs import run_under_way
from pipelines.log_filter import hide_known_tracebacks
from pipelines.native_schedule import run_options
from pipelines.run_files import load_output
from pipelines.run_logs import log_of_run
from pipelines.run_outcome import require_completed, step_statuses
from pipelines.stacks.active import stack_options
from pipelines.stacks.fan_out import active_fan_out
from pipelines.static_form import fitting_form
from pipelines.training_run import open_console, start_run
from pipelines.unused_integrations import leave_unused_integrations_out
from steps.answered_files import parts_folder
from steps.join_predictions import join_predictions
from steps.predict_images import predict_images

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
    identity: dict[str, Any] = {"folder": str(arguments.images), "decoders": decoder_versions()}
    fan_out = active_fan_out()
    shares = work_shares(len(files), most=fan_out.inference, least_items=fan_out.least_images)
    fingerprints = [files_fingerprint(share.of(files)) for share in shares]
    parts = [parts_folder(model, fingerprint=fingerprint, **identity) for fingerprint in fingerprints]
    if not arguments.use_cache:
        _remove(parts)
    name = f"{inference_pipeline.name}-{datetime.datetime.now(tz=datetime.UTC):%Y_%m_%d-%H_%M_%S_%f}"
    configured = fitting_form(inference_pipeline).with_options(
        enable_cache=arguments.use_cache, **run_options(name), **stack_options()
    )
    with run_under_way(), log_of_run(name):
        try:
            run = start_run(lambda: configured(model=model, fingerprints=fingerprints, **identity), run_name=name)
        except MedimageError as error:
            raise told_with_files(error, run_name=name, files=files, shares=shares) from error
    require_completed(run)
    last = predict_images if len(shares) == 1 else join_predictions
    predictions: PredictionTable = load_output(run, last.name, "predictions")
    predictions.write(arguments.output)
    # Only now: a file that cannot be written must not cost the answers.
    _remove(parts)
    if arguments.summary is not None:
        summary = _summary(arguments, model, predictions) | {"run_id": str(run.id), "steps": step_statuses(run)}
        text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(arguments.summary, text.encode("utf-8", errors="backslashreplace") + b"\n")
    _tell(arguments, model, predictions)
    return PASSED if predictions.answered else ERROR


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


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
