"""Compares several models and recipes on one split, and recommends one that passed the gate.

`python -m pipelines.experiment_pipeline --config FILE`
"""

import sys
from collections.abc import Sequence

from medimage.config.loading import RunArguments, parse_run_arguments
from medimage.config.problems import configuration_error
from medimage.config.purpose import experiment_problems
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
        program="python -m pipelines.experiment_pipeline",
        description="Trains every candidate of experiment.candidates on the same images, judges each on the same test "
        "set, ranks them and recommends one that passed the gate. A candidate that fails is told with its reason and "
        "loses no other. Exit code 0: one is recommended; 3: none passed the gate.",
    )
    problems = experiment_problems(arguments.config)
    if problems:
        raise configuration_error(problems)
    return arguments


def main() -> int:
    """Reads the command line, runs the pipeline, and returns the exit code.

    Raises:
        ConfigurationError: If the command line or a configuration file is wrong, or names no candidates.
        StorageError: If the workspace cannot be written to.
        MedimageError: If no candidate could be judged, or a step that all of them need ended with an error.
    """
    arguments = read_arguments(sys.argv[1:])
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, and needs its database as steps are declared.
    from pipelines.experiment_run import run_experiment  # noqa: PLC0415

    return run_experiment(arguments)


if __name__ == "__main__":
    call_and_exit(lambda: run_or_schedule(main, check=read_arguments))
