"""Judges a recipe on every fold of few images, and where wanted makes one model of the folds' models.

`python -m pipelines.cross_validation_pipeline --config FILE`
"""

import sys
from collections.abc import Sequence

from medimage.config.loading import RunArguments, parse_run_arguments
from medimage.config.problems import configuration_error
from medimage.config.purpose import cross_validation_problems
from medimage.exit_codes import call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.run_or_schedule import run_or_schedule
from pipelines.zenml_database import open_zenml


def read_arguments(words: Sequence[str]) -> RunArguments:
    """Reads the command line.

    Args:
        words: Words after the program's name.

    Raises:
        ConfigurationError: If it, or a configuration file, is wrong.
        SystemExit: After `--help` and `--print_config`.
    """
    arguments = parse_run_arguments(
        words,
        program="python -m pipelines.cross_validation_pipeline",
        description="Divides the images into split.folds stratified folds that no group crosses, trains a model "
        "without each, judges every model on the fold that it has not seen, and pools these predictions for the gate. "
        "With cross_validation.ensemble, exports, registers and packages the mean of the models where the gate passes.",
    )
    problems = cross_validation_problems(arguments.config)
    if problems:
        raise configuration_error(problems)
    return arguments


def main() -> int:
    """Reads the command line, runs the pipeline, and returns the exit code.

    Raises:
        ConfigurationError: If the command line or a configuration file is wrong, or asks for no folds.
        StorageError: If the workspace cannot be written to.
        MedimageError: If a step ended with an error that a user can act on.
    """
    arguments = read_arguments(sys.argv[1:])
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, and needs its database as steps are declared.
    from pipelines.definitions.cross_validation import cross_validation_pipeline  # noqa: PLC0415
    from pipelines.folds_outcome import FOLDS_STEPS, read_folds_outcome  # noqa: PLC0415
    from pipelines.training_run import run_training  # noqa: PLC0415

    return run_training(
        cross_validation_pipeline,
        arguments,
        read=read_folds_outcome,
        steps=FOLDS_STEPS,
        title="Medical validation gate on the out-of-fold predictions",
    )


if __name__ == "__main__":
    call_and_exit(lambda: run_or_schedule(main, check=read_arguments))
