"""Runs the pipeline of `kubeflow_pipelines` as the project's commands run theirs, and prints what came of it."""

import json
import sys
import time

from medimage.exit_codes import call_and_exit
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Runs the pipeline on the active stack: a number, `yes` or `no`, and whether the cache is used."""
    number, passes, use_cache = sys.argv[1:]
    open_zenml()
    # Imported here as the commands do: ZenML looks for the code where `pipelines` tells it to.
    from pipelines.run_outcome import step_statuses
    from pipelines.stacks.active import stack_options
    from pipelines.static_form import fitting_form
    from pipelines.training_run import start_run
    from tests.support.kubeflow_pipelines import judged_pipeline

    name = f"judged-{time.time_ns()}"
    configured = fitting_form(judged_pipeline).with_options(
        run_name=name, enable_cache=use_cache == "yes", **stack_options()
    )
    run = start_run(lambda: configured(number=int(number), passes=passes == "yes"), run_name=name)
    told = {"status": str(run.status), "steps": {key: each["status"] for key, each in step_statuses(run).items()}}
    told["told"] = run.steps["write_report"].outputs["told"][0].load()
    sys.stdout.write(f"\nOUTCOME {json.dumps(told)}\n")
    return 0


if __name__ == "__main__":
    call_and_exit(main)
