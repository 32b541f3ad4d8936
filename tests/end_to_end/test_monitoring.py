"""A registered model is watched: by its log, by images, and without anything to compare with."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mlflow
import numpy as np
import pytest
from numpy.typing import NDArray

from medimage.monitoring.measure_reference import ask_about, measure_reference
from medimage.registry.model_registry import register_model
from medimage.serving.classifier import ImageClassifier
from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from medimage.serving.feedback_log.writer import FeedbackLogWriter
from medimage.serving.prediction_log.logged_prediction import LoggedModel
from medimage.serving.prediction_log.writer import PredictionLogWriter
from tests.support.commands import Finished, run_pipeline
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage
from tests.support.images import encode
from tests.support.observed import changed
from tests.support.served import trained_on

pytestmark = pytest.mark.end_to_end

NAME = "lung-brightness"
EXPORTED = make_exported(intensities=trained_on())
MODEL = LoggedModel(name=NAME, version="1.0.0", sha256=EXPORTED.sha256)


def pictures(images: int, *, seed: int, darker_by: int = 0) -> list[bytes]:
    """Returns images of grays that differ from image to image."""
    generator = np.random.default_rng(seed)
    return [encode(_picture(generator, darker_by)) for _ in range(images)]


def _picture(generator: np.random.Generator, darker_by: int) -> NDArray[np.uint8]:
    values = generator.normal(generator.normal(130, 15) - darker_by, 25, (40, 40))
    return np.clip(values, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a version that has a reference, and one that has none."""
    home = tmp_path_factory.mktemp("home")
    previous = mlflow.get_tracking_uri()
    (home / "mlflow").mkdir()
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow' / 'mlflow.db'}")
    reference = measure_reference(EXPORTED.onnx, [("bright", each) for each in pictures(200, seed=1)], total=200)
    for name, exported, found in ((NAME, EXPORTED, reference), ("without", make_exported(slope=3.0), None)):
        register_model(
            exported=exported,
            card=make_card(),
            gate_report=make_gate_report(),
            lineage=make_lineage(),
            name=name,
            experiment="lung",
            reference=found,
        )
    mlflow.set_tracking_uri(previous)
    return home


def write_log(folder: Path, images: Sequence[bytes], *, start: datetime) -> None:
    """Writes what a service logs of images, one a minute; somebody agrees with each second answer."""
    log, feedback = PredictionLogWriter(folder / "log", file_bytes=2**20), FeedbackLogWriter(folder / "feedback")
    asked = ask_about(
        ImageClassifier(EXPORTED.onnx, threads=1), list(enumerate(images)), model=MODEL, total=len(images)
    )
    for number, row in asked:
        assert row is not None
        time = start + timedelta(minutes=number)
        assert log.append(changed(row, time=time))
        if number % 2 == 0:
            agreed = LoggedFeedback(prediction_id=row.prediction_id, time=time, model=MODEL, agrees=True, label=None)
            assert feedback.append(agreed)


def watch(home: Path, *arguments: str, model: str = f"{NAME}@champion") -> Finished:
    return run_pipeline("monitor_pipeline", home, "--model", model, *arguments)


def test_a_log_as_before_then_one_of_darker_images(home: Path, tmp_path: Path) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    write_log(tmp_path, pictures(120, seed=2), start=start)
    log, feedback = str(tmp_path / "log"), str(tmp_path / "feedback")
    before = watch(home, "--log", log, "--feedback", feedback)
    assert before.exit_code == 0, before.errors[-3000:]
    assert before.summary["verdict"] == "as_before"
    assert before.summary["feedback"]["judged"] == 60
    assert before.summary["feedback"]["rates"][0]["at_reference"]["value"] == 1.0

    write_log(tmp_path, pictures(120, seed=3, darker_by=40), start=start + timedelta(days=1))
    report, evidently = tmp_path / "page.html", tmp_path / "evidently.html"
    pages = ("--report", str(report), "--evidently", str(evidently))
    after = watch(home, "--log", log, "--since", "2026-03-02", *pages)
    assert after.exit_code == 3, after.errors[-3000:]
    assert after.summary["drift"]["finding"]["kind"] == "appearance"
    assert after.summary["drift"]["finding"]["changes"][0] == "brightness"
    assert after.summary["window"]["outside"] == 120
    assert "Images look different" in after.output
    assert evidently.stat().st_size > 100_000
    page = report.read_text()
    assert "Images look different" in page
    assert "<script" not in page
    history = (home / "monitoring" / f"{EXPORTED.sha256}.jsonl").read_text().splitlines()
    assert [json.loads(line)["verdict"] for line in history] == ["as_before", "changed"]


@pytest.mark.proof
def test_a_folder_of_images_is_watched_as_well_and_few_are_not_enough(home: Path, tmp_path: Path) -> None:
    for number, content in enumerate(pictures(60, seed=4, darker_by=40)):
        (tmp_path / f"{number}.png").write_bytes(content)
    labels = tmp_path / "labels.csv"
    labels.write_text("file,label\n" + "".join(f"{number}.png,bright\n" for number in range(40)))
    many = watch(home, "--images", str(tmp_path), "--labels", str(labels))
    assert many.exit_code == 3, many.errors[-3000:]
    assert many.summary["feedback"]["source"] == "labels"
    assert many.summary["feedback"]["judged"] == 40
    assert many.summary["feedback"]["rates"][0]["in_use"]["n"] == 40
    few = watch(home, "--images", str(tmp_path), "--fewest-rows", "61")
    assert few.exit_code == 4, few.errors[-3000:]
    assert "not the same as no drift" in few.output


@pytest.mark.proof
def test_a_version_without_a_reference_says_what_to_do(home: Path, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    told = watch(home, "--log", str(tmp_path / "log"), model="without@champion")
    assert told.exit_code == 1
    assert "--reference-images FOLDER" in told.errors
    for number, content in enumerate(pictures(60, seed=5)):
        (tmp_path / f"{number}.png").write_bytes(content)
    images = str(tmp_path)
    helped = watch(home, "--images", images, "--reference-images", images, model="without@champion")
    assert helped.exit_code == 0, helped.errors[-3000:]
