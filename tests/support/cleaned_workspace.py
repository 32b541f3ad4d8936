"""A workspace with runs that a model refers to, runs that nothing refers to, and what `medimage clean` does to it."""

import json
import sys
from pathlib import Path
from typing import Any

import pipelines  # noqa: F401 - before ZenML, which reads the environment
from medimage.scheduling.keeper import utc_now
from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.scheduling.stored_schedules import forget_schedule, write_schedule
from medimage.workspace import workspace
from medimage.workspace_use import workspace_in_use
from pipelines.clean import CleanArguments, run
from pipelines.zenml_database import open_zenml
from tests.support.registered import register
from tests.support.small_pipelines import giving_pipeline


def _clean(*, delete: bool) -> dict[str, Any]:
    summary = workspace() / "clean.json"
    run(CleanArguments(older_than="0h", delete=delete, summary=summary))
    return json.loads(summary.read_text())


def _run(number: int) -> str:
    started = giving_pipeline(number)
    (workspace() / "runs" / started.name).mkdir(parents=True)
    (workspace() / "runs" / started.name / "report.html").write_text("report")
    return started.name


def main() -> dict[str, Any]:
    """Makes the workspace, cleans it, and returns what was there, what was said and what is left."""
    from zenml import save_artifact
    from zenml.client import Client

    open_zenml()
    first, second, other = _run(1), _run(1), _run(2)
    register(run_id=second)
    save_artifact("images", name="locked_test_set", version="scope")
    save_artifact("nobody's", name="left")
    download = workspace() / "downloads" / "owner__set" / "version-1"
    download.mkdir(parents=True)
    schedule = Schedule(
        name="nightly",
        cron="0 3 * * *",
        zone="UTC",
        module="pipelines.train_pipeline",
        words=(),
        folder=str(Path.cwd()),
        grace_minutes=60,
        started_by=StartedBy.FOREGROUND,
        made=utc_now(),
    )
    write_schedule(schedule)
    listed = _clean(delete=False)
    before = {each.name for each in Client().list_pipeline_runs()}
    with workspace_in_use():
        try:
            _clean(delete=True)
            refused = ""
        except Exception as error:
            refused = type(error).__name__
    deleted = _clean(delete=True)
    forget_schedule("nightly")
    unscheduled = _clean(delete=False)
    again = giving_pipeline(1)
    return {
        "runs": {"first": first, "second": second, "other": other},
        "listed": listed,
        "before": sorted(before),
        "refused": refused,
        "deleted": deleted,
        "left": sorted(each.name for each in Client().list_pipeline_runs() if each.id != again.id),
        "folders": sorted(path.name for path in (workspace() / "runs").iterdir()),
        "download_kept": download.is_dir(),
        "unscheduled": [each["name"] for each in unscheduled["garbage"]],
        "locked": Client().get_artifact_version("locked_test_set", "scope").load(),
        "status": Client().get_pipeline_run(again.id).steps["give"].status.value,
        "artifacts": sorted({each.artifact.name for each in Client().list_artifact_versions(size=100)}),
        "stored": [str(path) for path in Path(Client().active_stack.artifact_store.path).rglob("*") if path.is_file()],
    }


if __name__ == "__main__":
    found = main()
    Path(sys.argv[1]).write_text(json.dumps(found))
