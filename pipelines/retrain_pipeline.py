"""Trains the champion again where there is reason to, and promotes the new model where it is shown to be better.

`python -m pipelines.retrain_pipeline --config FILE [--log FOLDER] [--feedback FOLDER] [--new-data FOLDER]`
"""

import sys
from dataclasses import replace

from medimage.config.candidates import chosen_config
from medimage.exit_codes import PASSED, call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.retrain_arguments import read_retrain_arguments
from pipelines.retrain_history import tell_history
from pipelines.run_or_schedule import run_or_schedule
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Reads the command line, runs the pipeline, and returns the exit code.

    Raises:
        ConfigurationError: If the command line or a configuration file is wrong, or the model has no champion.
        StorageError: If the workspace cannot be written to.
        MedimageError: If a step ended with an error that a user can act on.
    """
    arguments = read_retrain_arguments(sys.argv[1:])
    chosen = replace(arguments, run=replace(arguments.run, config=chosen_config(arguments.run.config)))
    if chosen.history:
        tell_history(chosen.run.config.registered_name)
        return PASSED
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, and needs its database as steps are declared.
    from pipelines.retrain_run import run_retraining  # noqa: PLC0415

    return run_retraining(chosen)


if __name__ == "__main__":
    call_and_exit(lambda: run_or_schedule(main, check=read_retrain_arguments))
