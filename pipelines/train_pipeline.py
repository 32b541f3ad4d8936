"""Trains, judges and, where the gate passes, exports, registers and packages a classifier.

`python -m pipelines.train_pipeline --config FILE`
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

from medimage.config.candidates import chosen_config
from medimage.config.loading import RunArguments, parse_run_arguments
from medimage.config.problems import configuration_error
from medimage.config.purpose import training_problems
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
        program="python -m pipelines.train_pipeline",
        description="Trains, judges and, where the gate passes, exports, registers and packages a classifier.",
    )
    problems = training_problems(arguments.config)
    if problems:
        raise configuration_error(problems)
    return arguments


def main() -> int:
    """Reads the command line, runs the pipeline, and returns the exit code.

    Raises:
        ConfigurationError: If the command line or a configuration file is wrong.
        StorageError: If the workspace cannot be written to.
        MedimageError: If a step ended with an error that a user can act on.
    """
    arguments = read_arguments(sys.argv[1:])
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, and needs its database as steps are declared.
    from pipelines.champion import resolve_with_champion  # noqa: PLC0415
    from pipelines.definitions.train import train_pipeline  # noqa: PLC0415
    from pipelines.training_run import run_training  # noqa: PLC0415

    chosen = replace(arguments, config=chosen_config(arguments.config))
    return run_training(train_pipeline, chosen, resolve=resolve_with_champion)


if __name__ == "__main__":
    call_and_exit(lambda: run_or_schedule(main, check=read_arguments))
