"""Tells whether a served model's images and answers are still like those it was judged on.

`python -m pipelines.monitor_pipeline --model NAME@ALIAS --log FOLDER [--feedback FOLDER]`, or `--images FOLDER`
"""

import sys

from medimage.exit_codes import call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.monitor_arguments import read_monitor_arguments
from pipelines.run_or_schedule import run_or_schedule
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Reads the command line, runs the pipeline, and returns the exit code.

    Raises:
        ConfigurationError: If the command line is wrong, or names a model or a folder that is not there.
        StorageError: If the workspace or a file cannot be written.
        MedimageError: If the step ended with an error.
    """
    arguments = read_monitor_arguments(sys.argv[1:])
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, and needs its database as steps are declared.
    from pipelines.monitor_run import run_monitoring  # noqa: PLC0415

    return run_monitoring(arguments)


if __name__ == "__main__":
    call_and_exit(lambda: run_or_schedule(main, check=read_monitor_arguments))
