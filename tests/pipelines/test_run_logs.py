"""`MEDIMAGE_LOG=json` and the log of a run, with ZenML's own lines in both."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT
from tests.support.commands import environment

RUN = (
    "import pipelines; from pipelines.zenml_database import open_zenml; open_zenml()\n"
    "from pipelines.run_logs import log_of_run; from tests.support.small_pipelines import telling_pipeline\n"
    "with log_of_run('told-1'): telling_pipeline.with_options(run_name='told-1')()\n"
    "print('still printed')\n"
)


def test_lines_of_libraries_and_steps_are_json_in_the_folder_and_on_standard_error(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=PROJECT,
        env=environment(tmp_path, MEDIMAGE_LOG="json", MY_TOKEN="hunter22"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert finished.stdout.strip().endswith("still printed")
    assert "has started" not in finished.stdout
    on_terminal = [json.loads(line) for line in finished.stderr.splitlines()]
    in_folder = [json.loads(line) for line in (tmp_path / "runs" / "told-1" / "log.jsonl").read_text().splitlines()]
    for lines in (on_terminal, in_folder):
        assert {line["run"] for line in lines if line["logger"].startswith("zenml.orchestrators")} == {"told-1"}
        (told,) = [line for line in lines if line["logger"] == "some.library"]
        assert told["event"] == "told with ***"
        assert (told["run"], told["step"], told["level"]) == ("told-1", "tell", "warning")
        assert told["run_id"]
        (warned,) = [line for line in lines if "an old interface" in line["event"]]
        assert (warned["run"], warned["step"]) == ("told-1", "tell")


def test_another_kind_of_log_is_refused(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", "from pipelines.run_logs import configure_console; configure_console()"],
        cwd=PROJECT,
        env=environment(tmp_path, MEDIMAGE_LOG="xml"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "MEDIMAGE_LOG must be json" in finished.stderr
