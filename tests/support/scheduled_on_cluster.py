"""A command whose pipeline does nothing, in an image that is not built, and that can run at stated times."""

from medimage.exit_codes import call_and_exit
from pipelines.native_schedule import run_options
from pipelines.run_or_schedule import run_or_schedule
from pipelines.zenml_database import open_zenml


def main() -> int:
    """Runs the pipeline, or has the cluster run it."""
    open_zenml()
    from pipelines.training_run import start_run
    from tests.support.idle_pipeline import idle_pipeline

    configured = idle_pipeline.with_options(**run_options("idle-1"))
    start_run(configured, run_name="idle-1")
    return 0


if __name__ == "__main__":
    call_and_exit(lambda: run_or_schedule(main, check=lambda _: None))
