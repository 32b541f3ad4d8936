"""A retraining is killed around its promotion: the next command finishes what it left, and only that."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from tests.conftest import PROJECT
from tests.support.commands import OPEN_GATE, TINY, environment, run_pipeline, train
from tests.support.retrained import write_phantoms

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof, pytest.mark.timeout(1500)]

DATA = ("--data.synthetic.patients_per_class", "30")
RULES = (
    *(*OPEN_GATE, "--gate.champion.comparison", "require", "--gate.champion.sensitivity_margin", "0.99"),
    *("--registry.name", "again", "--retraining.new_images", "40"),
)
CHAMPION = (*TINY, *DATA, *RULES, "--training.stage2.learning_rate", "1e-5")
"""It learns next to nothing, so that a model that learns is better."""

AGAIN = (*TINY, *DATA, *RULES, "--training.stage2.epochs", "10")
KILLED = (
    "import importlib, os, signal, sys; import pipelines\n"
    "from pipelines.zenml_database import open_zenml; open_zenml()\n"
    "module, name, *sys.argv = sys.argv[1:]\n"
    "def end(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
    "setattr(importlib.import_module(module), name, end)\n"
    "from pipelines.retrain_pipeline import main; main()\n"
)


@pytest.fixture(scope="module")
def new_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_phantoms(tmp_path_factory.mktemp("new"), seed=77, patients=30)


@pytest.fixture(scope="module")
def before_promotion(tmp_path_factory: pytest.TempPathFactory, new_data: Path) -> tuple[Path, Path]:
    """A workspace whose retraining was killed when it was to promote, and a copy of it."""
    home, copy = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("copy") / "home"
    champion = train(home, *CHAMPION)
    assert champion.exit_code == 0, champion.errors[-3000:]
    kill(home, new_data, "steps.promote_challenger", "promote_retrained")
    shutil.copytree(home, copy, symlinks=True)
    return home, copy


@pytest.fixture
def home(before_promotion: tuple[Path, Path]) -> Path:
    """That workspace, as it was then: its databases name files by whole paths."""
    home, copy = before_promotion
    shutil.rmtree(home)
    shutil.copytree(copy, home, symlinks=True)
    return home


def kill(home: Path, new_data: Path, module: str, name: str) -> None:
    """Retrains, and is killed where a function would be called."""
    arguments = (*AGAIN, "--new-data", str(new_data))
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, module, name, "retrain_pipeline", *arguments],
        cwd=PROJECT,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == -9, ended.stdout[-3000:] + ended.stderr[-3000:]
    # Where steps run in pods, no Bento is built in the workspace.
    shutil.rmtree(home / "bentoml", ignore_errors=True)


def history(home: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for file in (home / "retraining").glob("*.jsonl")
        for line in file.read_text().split("\n")
        if line
    ]


def noted(home: Path) -> int:
    return len(list((home / "retraining").glob("*.begun.json")))


def require_finished(home: Path, told: str) -> None:
    client = MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow' / 'mlflow.db'}")
    assert {alias: int(number) for alias, number in client.get_registered_model("again").aliases.items()} == {
        "champion": 2,
        "previous": 1,
    }
    assert "champion" in client.get_model_version("again", "2").tags["retraining_outcome"]
    lines = [line for line in history(home) if line["result"] == "promoted"]
    assert [(line["version"], line["verdict"], bool(line["key"])) for line in lines] == [(2, "retrain", True)]
    assert "which was cut off after that. What was left to do was done later" in lines[0]["outcome"]
    assert lines[0]["outcome"] in told.replace("\n", " ")
    (bento,) = (home / "bentoml").rglob("bento.yaml")
    assert bento.parent.name in lines[0]["outcome"]
    assert (home / "runs" / lines[0]["run"] / "report.html").is_file()
    evidence = json.loads((home / "runs" / lines[0]["run"] / "evidence.json").read_text())
    assert "again" in json.dumps(evidence)
    assert noted(home) == 0


@pytest.mark.parametrize(
    "where", [("steps.promote_challenger", "link_version"), ("pipelines.retrain_run", "read_retraining")]
)
def test_the_next_retraining_finishes_a_promotion_and_decides_by_the_new_champion(
    home: Path, new_data: Path, where: tuple[str, str]
) -> None:
    kill(home, new_data, *where)
    assert history(home) == []
    again = run_pipeline("retrain_pipeline", home, *AGAIN, "--new-data", str(new_data))
    assert again.exit_code == 0, again.errors[-3000:]
    assert again.summary["retraining"]["decision"]["verdict"] == "not_due"
    require_finished(home, again.output)


def test_the_next_look_at_the_registry_finishes_it_once(home: Path, new_data: Path) -> None:
    kill(home, new_data, "pipelines.retrain_run", "append_decision")
    listed = [
        subprocess.run(
            [sys.executable, "-m", "pipelines.registry", "list"],
            cwd=PROJECT,
            env=environment(home),
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(2)
    ]
    require_finished(home, listed[0].stdout)
    assert "cut off" not in listed[1].stdout


def test_without_a_promotion_nothing_is_finished_and_the_next_retraining_goes_on(home: Path, new_data: Path) -> None:
    assert noted(home) == 1
    again = run_pipeline("retrain_pipeline", home, *AGAIN, "--new-data", str(new_data))
    assert again.exit_code == 0, again.errors[-3000:]
    assert again.summary["retraining"]["result"] == "promoted"
    assert again.statuses()["train_stage2"] == "cached"
    (line,) = history(home)
    assert "cut off" not in line["outcome"]
    assert noted(home) == 0
