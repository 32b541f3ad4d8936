"""A champion is trained again: with new images, twice at once, after a kill, and where somebody asks for it."""

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from medimage.data.synthetic import encode_png, generate_phantoms
from medimage.monitoring.measure_reference import ask_about
from medimage.serving.classifier import ImageClassifier
from medimage.serving.prediction_log.logged_prediction import LoggedModel
from medimage.serving.prediction_log.writer import PredictionLogWriter
from tests.support.commands import OPEN_GATE, TINY, Finished, run_pipeline, train
from tests.support.observed import changed
from tests.support.processes import free_port
from tests.support.retrained import write_phantoms
from tests.support.running_pipeline import start_and_wait_for_stage_2

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof, pytest.mark.timeout(1500)]

DATA = ("--data.synthetic.patients_per_class", "30")
RULES = (
    *(*OPEN_GATE, "--gate.champion.comparison", "require", "--gate.champion.sensitivity_margin", "0.99"),
    *("--registry.name", "again", "--retraining.new_images", "40"),
)
CHAMPION = (*TINY, *DATA, *RULES, "--training.stage2.learning_rate", "1e-5")
"""It learns next to nothing, so that a model that learns is better."""

AGAIN = (*TINY, *DATA, *RULES, "--training.stage2.epochs", "10", "--model", "again@champion")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def champion(home: Path) -> Finished:
    finished = train(home, *CHAMPION)
    assert finished.exit_code == 0, finished.errors[-3000:]
    return finished


@pytest.fixture(scope="module")
def new_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """New patients, and among them phantoms of the configured data: one class of them, known or in the test set."""
    folder = write_phantoms(tmp_path_factory.mktemp("new"), seed=77, patients=30)
    for phantom in generate_phantoms(patients_per_class=30, images_per_patient=2, image_size=64, seed=0):
        if phantom.class_name == "covid":
            (folder / "covid" / f"old-{phantom.name}.png").write_bytes(encode_png(phantom.pixels))
    return folder


def retrain(home: Path, *arguments: str, **settings: str) -> Finished:
    return run_pipeline("retrain_pipeline", home, *arguments, **settings)


def client(home: Path) -> MlflowClient:
    return MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow' / 'mlflow.db'}")


def versions(home: Path) -> list[int]:
    return sorted(int(found.version) for found in client(home).search_model_versions("name = 'again'"))


def aliases(home: Path) -> dict[str, int]:
    return {alias: int(number) for alias, number in client(home).get_registered_model("again").aliases.items()}


def history(home: Path) -> list[dict[str, Any]]:
    (file,) = (home / "retraining").glob("again-*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_where_somebody_asks_for_it_the_same_images_come_to_the_champion_itself(champion: Finished, home: Path) -> None:
    assert champion.summary["model"]["aliases"] == ["champion"]
    finished = retrain(home, *CHAMPION, "--force", "--reason", "to try it", "--by", "anna")
    assert finished.exit_code == 3, finished.errors[-3000:]
    assert finished.summary["retraining"]["result"] == "same_model"
    assert finished.statuses()["train_stage2"] == "cached"
    assert versions(home) == [1]
    assert "anna asks: to try it." in finished.output


def test_a_drift_without_new_images_is_told_and_nothing_is_trained(
    champion: Finished, home: Path, tmp_path: Path
) -> None:
    graph = Path(champion.summary["onnx"])
    classifier = ImageClassifier(graph.read_bytes(), threads=1)
    sha256 = client(home).get_model_version("again", "1").tags["onnx_sha256"]
    for folder, model in (("mine", sha256), ("of another version", "f" * 64)):
        log = PredictionLogWriter(tmp_path / folder, file_bytes=2**20)
        phantoms = generate_phantoms(patients_per_class=15, images_per_patient=1, image_size=64, seed=5)
        darker = [(number, encode_png(phantom.pixels // 2)) for number, phantom in enumerate(phantoms)]
        logged = LoggedModel(name="again", version="1.0.0", sha256=model)
        for number, row in ask_about(classifier, darker, model=logged, total=len(darker)):
            assert row is not None
            assert log.append(changed(row, time=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=number)))
    drifted = retrain(home, *CHAMPION, "--log", str(tmp_path / "mine"))
    assert drifted.exit_code == 3, drifted.errors[-3000:]
    assert drifted.summary["retraining"]["decision"]["verdict"] == "nothing_to_learn"
    assert drifted.summary["monitoring"]["drift"]["finding"]["kind"] == "appearance"
    assert "train_stage1" not in drifted.statuses()
    other = retrain(home, *CHAMPION, "--log", str(tmp_path / "of another version"))
    assert other.exit_code == 0, other.errors[-3000:]
    assert other.summary["retraining"]["decision"]["verdict"] == "not_due"
    assert other.summary["monitoring"]["drift"]["verdict"] == "not_enough_to_tell"


def test_new_images_make_a_better_model_that_is_promoted_once_although_the_run_was_killed_and_met_another(
    champion: Finished, home: Path, new_data: Path, tmp_path: Path
) -> None:
    assert champion.exit_code == 0
    before = len(history(home)) if (home / "retraining").exists() else 0
    arguments = (*AGAIN, "--new-data", str(new_data))
    process = start_and_wait_for_stage_2(
        arguments, home=home, log=tmp_path / "log.txt", epochs=2, pipeline="retrain_pipeline"
    )
    try:
        aside = retrain(home, *arguments)
        assert aside.exit_code == 5, aside.errors[-3000:]
        assert "steps aside" in aside.output
        assert aside.summary["retraining"]["result"] == "under_way"
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert versions(home) == [1]

    finished = retrain(home, *arguments)
    assert finished.exit_code == 0, finished.output[-3000:] + finished.errors[-3000:]
    told = finished.summary["retraining"]
    assert (told["result"], finished.summary["model"]["version"]) == ("promoted", 2)
    assert aliases(home) == {"champion": 2, "previous": 1}
    # Of the configured class that was brought again, some are known and others in the test set.
    left_out = told["new_data"]["left_out"]
    assert left_out["known: among the configured data already"] + left_out["held out: in the locked test set"] == 60
    assert told["new_data"]["parts"]["test"] == {}
    taken = sum(sum(told["new_data"]["parts"][part].values()) for part in ("train", "validation"))
    assert taken == 300
    assert finished.summary["champion"]["status"] == "compared"
    assert finished.summary["bento"]
    tags = client(home).get_model_version("again", "2").tags
    assert "because of new labelled images" in tags["retrained_because"]
    assert "is the champion now" in tags["retraining_outcome"]
    lines = history(home)
    assert len(lines) == before + 1
    assert (lines[-1]["result"], lines[-1]["version"]) == ("promoted", 2)

    again = retrain(home, *arguments)
    assert again.exit_code == 0, again.errors[-3000:]
    assert again.summary["retraining"]["decision"]["verdict"] == "not_due"
    assert versions(home) == [1, 2]


def test_a_registry_that_is_away_is_told_before_anything_is_decided(champion: Finished, home: Path) -> None:
    assert champion.exit_code == 0
    away = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    finished = retrain(home, *AGAIN, **away)
    assert finished.exit_code == 1
    assert "Traceback" not in finished.errors
    assert "has started" not in finished.output + finished.errors


def test_a_model_that_was_never_registered_and_data_without_a_locked_test_set_are_refused(
    champion: Finished, home: Path
) -> None:
    assert champion.exit_code == 0
    never = retrain(home, *CHAMPION, "--registry.name", "never")
    assert never.exit_code == 2
    assert "pipelines.train_pipeline" in never.errors
    other = retrain(home, *CHAMPION, "--model", "never@champion")
    assert other.exit_code == 2
    assert "makes versions of again" in other.errors
    unlocked = retrain(home, *CHAMPION, "--split.test_set", "another")
    assert unlocked.exit_code == 1
    assert "No test set is locked for these data" in unlocked.errors
    assert "train_stage1" not in unlocked.statuses()
