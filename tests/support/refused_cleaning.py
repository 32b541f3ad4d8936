"""A workspace of which ZenML does not let one run go, and what `medimage clean` does to it."""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pipelines  # noqa: F401 - before ZenML, which reads the environment
from medimage.exit_codes import call_and_exit
from medimage.workspace import workspace
from pipelines.clean import CleanArguments, run
from pipelines.zenml_database import open_zenml, workspace_database
from tests.support.small_pipelines import giving_pipeline

_REFUSE = """CREATE TRIGGER refused BEFORE DELETE ON pipeline_run WHEN OLD.name = '{name}'
BEGIN SELECT RAISE(ABORT, 'this run is not to go'); END"""


def _run(number: int) -> str:
    started = giving_pipeline(number)
    (workspace() / "runs" / started.name).mkdir(parents=True)
    return started.name


def _change_database(command: str) -> None:
    with closing(sqlite3.connect(workspace_database())) as database:
        database.execute(command)
        database.commit()


def _clean() -> dict[str, Any]:
    summary = workspace() / "clean.json"
    try:
        call_and_exit(lambda: run(CleanArguments(older_than="0h", delete=True, summary=summary)))
    except SystemExit as ended:
        return {"code": ended.code, **json.loads(summary.read_text())}


def main() -> dict[str, Any]:
    """Makes the workspace, cleans it twice, and returns what was said and what is left."""
    from zenml.client import Client

    open_zenml()
    refused, other = _run(1), _run(2)
    download = workspace() / "downloads" / "owner__set" / "version-1"
    download.mkdir(parents=True)
    _change_database(_REFUSE.format(name=refused))
    cleaned = _clean()
    left = [each.name for each in Client().list_pipeline_runs()]
    folders = [path.name for path in (workspace() / "runs").iterdir()]
    kept = {"given": Client().get_pipeline_run(refused).steps["give"].output.load(), "download": download.is_dir()}
    _change_database("DROP TRIGGER refused")
    return {
        "runs": {"refused": refused, "other": other},
        "cleaned": cleaned,
        "left": left,
        "folders": folders,
        "kept": kept,
        "again": _clean(),
        "left_then": [each.name for each in Client().list_pipeline_runs()],
    }


if __name__ == "__main__":
    found = main()
    Path(sys.argv[1]).write_text(json.dumps(found))
