"""A workspace with a champion is backed up while a run goes on, lost, and brought back."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import PROJECT
from tests.support.commands import OPEN_GATE, TINY, environment, train

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof, pytest.mark.timeout(900)]

MADE = (
    "import pipelines; from pipelines.zenml_database import open_zenml; open_zenml()\n"
    "from zenml import save_artifact; from tests.support.registered import register\n"
    "from tests.support.small_pipelines import giving_pipeline\n"
    "run = giving_pipeline(1)\n"
    "save_artifact('images', name='locked_test_set', version='scope')\n"
    "register(run_id=run.name)\n"
)
WAITING = (
    "import pipelines; from pipelines.zenml_database import open_zenml; open_zenml()\n"
    "from pipelines.killed_runs import run_under_way; from tests.support.small_pipelines import waiting_pipeline\n"
    "with run_under_way(): waiting_pipeline()\n"
)
LOOK = (
    "import json, pipelines; from pipelines.zenml_database import open_zenml; open_zenml()\n"
    "from zenml.client import Client; from tests.support.small_pipelines import giving_pipeline\n"
    "from medimage.registry.model_list import list_models\n"
    "names = sorted(run.pipeline.name for run in Client().list_pipeline_runs(hydrate=True))\n"
    "again = giving_pipeline(1)\n"
    "print('SEEN', json.dumps({'runs': names, 'locked': Client().get_artifact_version('locked_test_set').load(),\n"
    "    'aliases': [version.aliases for model in list_models() for version in model.versions],\n"
    "    'give': Client().get_pipeline_run(again.id).steps['give'].status.value}))\n"
)
READ_ALL = (
    "import pipelines; from pipelines.zenml_database import open_zenml; open_zenml()\n"
    "from zenml.client import Client\n"
    "(run, *_) = Client().list_pipeline_runs(sort_by='desc:created', hydrate=True)\n"
    "given = [each for step in run.steps.values() for outputs in step.outputs.values() for each in outputs]\n"
    "for each in given: each.load()\n"
    "print('READ', len(given))\n"
)


def python(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=PROJECT, env=environment(home), capture_output=True, text=True, check=False
    )


def look(home: Path) -> dict[str, object]:
    found = python(home, "-c", LOOK)
    assert found.returncode == 0, found.stderr[-3000:]
    return json.loads(found.stdout.rpartition("SEEN ")[2])


def test_what_was_lost_is_back_and_the_champion_answers_as_before(tmp_path: Path) -> None:
    home, backup, image = tmp_path / "home", tmp_path / "backup.tar", tmp_path / "image.png"
    Image.fromarray(np.full((32, 32), 90, dtype=np.uint8)).save(image)
    made = python(home, "-c", MADE)
    assert made.returncode == 0, made.stderr[-3000:]
    before = python(home, "-m", "medimage.inference.command", "--json", str(image))
    assert before.returncode == 0, before.stderr
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        run = subprocess.Popen(
            [sys.executable, "-c", WAITING], cwd=PROJECT, env=environment(home), stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + 120
        while "The step waits" not in log.read_text():
            assert run.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        written = python(home, "-m", "pipelines.backup", str(backup))
        assert written.returncode == 0, written.stderr
        under_way = python(home, "-m", "pipelines.restore", str(backup), "--force")
        assert under_way.returncode == 5
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    (database,) = home.rglob("zenml.db")
    database.write_bytes(b"lost" * 5000)
    for file in (home / "mlflow").rglob("*"):
        if file.is_file():
            file.unlink()
    restored = python(home, "-m", "pipelines.restore", str(backup), "--force")
    assert restored.returncode == 0, restored.stderr
    assert python(home, "-m", "medimage.inference.command", "--json", str(image)).stdout == before.stdout
    assert look(home) == {
        "runs": ["giving_pipeline", "waiting_pipeline"],
        "locked": "images",
        "aliases": [["champion"]],
        # Its output is not in the backup, so it is not taken from the cache.
        "give": "completed",
    }


def test_with_its_artifacts_a_lost_workspace_has_every_step_in_the_cache_and_every_output_can_be_read(
    tmp_path: Path,
) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup.tar"
    trained = train(home, *TINY, *OPEN_GATE)
    assert trained.exit_code == 0, trained.errors[-3000:]
    repeated = train(home, *TINY, *OPEN_GATE)
    written = python(home, "-m", "pipelines.backup", str(backup), "--artifacts")
    assert written.returncode == 0, written.stderr
    shutil.rmtree(home)
    restored = python(home, "-m", "pipelines.restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    assert "run anew" not in restored.stdout
    again = train(home, *TINY, *OPEN_GATE)
    assert again.exit_code == 0, again.errors[-3000:]
    assert again.rerun() == repeated.rerun() == set()
    # Metrics, report and graph are read from the artifacts that came back.
    assert again.summary["metrics"] == trained.summary["metrics"]
    assert Path(again.summary["onnx"]).read_bytes() == Path(trained.summary["onnx"]).read_bytes()
    assert Path(again.summary["report"]).is_file()
    read = python(home, "-c", READ_ALL)
    assert read.returncode == 0, read.stderr[-3000:]
    assert int(read.stdout.rpartition("READ ")[2]) > 20


def test_an_artifact_that_did_not_come_back_with_the_others_is_made_anew(tmp_path: Path) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup.tar"
    made = python(home, "-c", MADE)
    assert made.returncode == 0, made.stderr[-3000:]
    (given,) = [path for path in home.rglob("local_stores/*/give/output") if path.is_dir()]
    shutil.rmtree(given)
    assert python(home, "-m", "pipelines.backup", str(backup), "--artifacts").returncode == 0
    shutil.rmtree(home)
    restored = python(home, "-m", "pipelines.restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    assert "1 steps whose outputs are not there any more run anew" in restored.stdout
    assert look(home)["give"] == "completed"
