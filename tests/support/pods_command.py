"""Runs the pipeline of `pod_pipelines` as the project's commands run theirs, and prints what came of it."""

import sys
import time

from medimage.exit_codes import call_and_exit
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Runs the pipeline on the active stack."""
    open_zenml()
    # Imported here as the commands do: ZenML looks for the code where `pipelines` tells it to.
    from pipelines.stacks.active import stack_options
    from pipelines.training_run import start_run
    from tests.support.pod_pipelines import pods_pipeline

    name = f"pods-{time.time_ns()}"
    configured = pods_pipeline.with_options(run_name=name, **stack_options())
    run = start_run(lambda: configured(number=7), run_name=name)
    sys.stdout.write(f"{run.status}: {run.steps['package_bento'].outputs['told'][0].load()}\n")
    return 0


if __name__ == "__main__":
    call_and_exit(main)
