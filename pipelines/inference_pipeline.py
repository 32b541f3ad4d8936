"""Lets a registered model answer on whole folders of images.

`python -m pipelines.inference_pipeline --images FOLDER --output FILE.csv|FILE.parquet [--model NAME@ALIAS]`
"""

import sys

from medimage.exit_codes import call_and_exit
from medimage.workspace import require_writable_workspace
from pipelines.inference_arguments import read_inference_arguments
from pipelines.run_or_schedule import run_or_schedule
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Reads the command line, runs the pipeline, and returns the exit code.

    Raises:
        ConfigurationError: If the command line is wrong, or names a model or a folder that is not there.
        StorageError: If the workspace or the file cannot be written.
        MedimageError: If the step ended with an error.
    """
    arguments = read_inference_arguments(sys.argv[1:])
    require_writable_workspace()
    open_zenml()
    # Imported here because ZenML takes seconds to import, and needs its database as steps are declared.
    from pipelines.inference_run import run_inference  # noqa: PLC0415

    return run_inference(arguments)


if __name__ == "__main__":
    call_and_exit(lambda: run_or_schedule(main, check=read_inference_arguments))
