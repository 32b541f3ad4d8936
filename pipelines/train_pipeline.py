"""Trains, judges and, where the gate passes, exports, registers and packages a classifier.

`python -m pipelines.train_pipeline --config FILE`
"""

import sys
from dataclasses import replace

from medimage.config.candidates import chosen_config
from medimage.config.loading import parse_run_arguments
from medimage.config.problems import configuration_error
from medimage.config.purpose import training_problems
from medimage.exit_codes import call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Reads the command line, runs the pipeline, and returns the exit code.

    Raises:
        ConfigurationError: If the command line or a configuration file is wrong.
        StorageError: If the workspace cannot be written to.
        MedimageError: If a step ended with an error that a user can act on.
    """
    arguments = parse_run_arguments(
        sys.argv[1:],
        program="python -m pipelines.train_pipeline",
        description="Trains, judges and, where the gate passes, exports, registers and packages a classifier.",
    )
    problems = training_problems(arguments.config)
    if problems:
        raise configuration_error(problems)
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, and needs its database as steps are declared.
    from pipelines.champion import resolve_with_champion  # noqa: PLC0415
    from pipelines.definitions.train import train_pipeline  # noqa: PLC0415
    from pipelines.training_run import run_training  # noqa: PLC0415

    chosen = replace(arguments, config=chosen_config(arguments.config))
    return run_training(train_pipeline, chosen, resolve=resolve_with_champion)


if __name__ == "__main__":
    call_and_exit(main)
