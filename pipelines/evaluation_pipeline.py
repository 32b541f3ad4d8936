"""Judges registered models on any images that they were not made from, and recommends one.

`python -m pipelines.evaluation_pipeline --config FILE --models NAME@ALIAS ...|all`
"""

import sys

from medimage.exit_codes import call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.evaluation_arguments import read_evaluation_arguments
from pipelines.run_or_schedule import run_or_schedule
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Reads the command line, runs the pipeline, and returns the exit code.

    Raises:
        ConfigurationError: If the command line or a configuration file is wrong, or names models that are not there.
        StorageError: If the workspace cannot be written to.
        MedimageError: If no model could be judged, or a step that all of them need ended with an error.
    """
    arguments = read_evaluation_arguments(sys.argv[1:])
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, and needs its database as steps are declared.
    from pipelines.evaluation_run import run_evaluation  # noqa: PLC0415

    return run_evaluation(arguments)


if __name__ == "__main__":
    call_and_exit(lambda: run_or_schedule(main, check=read_evaluation_arguments))
