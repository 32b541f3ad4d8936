"""A registered model answers on a folder: at once, from the cache, and after a kill."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pyarrow.parquet as pq
import pytest

from medimage.errors import MedimageError
from medimage.inference.command import main
from medimage.registry.model_registry import register_model
from tests.conftest import PROJECT
from tests.support.commands import Finished, environment, run_pipeline
from tests.support.exported import CLASSES, make_card, make_exported, make_gate_report, make_lineage
from tests.support.images import encode

pytestmark = pytest.mark.end_to_end

NAME = "lung-brightness"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace in which a model is registered, without training it."""
    home = tmp_path_factory.mktemp("home")
    previous = mlflow.get_tracking_uri()
    (home / "mlflow").mkdir()
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow' / 'mlflow.db'}")
    register_model(
        exported=make_exported(),
        card=make_card(),
        gate_report=make_gate_report(),
        lineage=make_lineage(),
        name=NAME,
        experiment="lung",
    )
    mlflow.set_tracking_uri(previous)
    return home


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for number in range(40):
        (folder / f"{number:02d}.png").write_bytes(encode(np.full((40, 40), 6 * number, np.uint8)))
    (folder / "40.png").write_bytes(b"damaged")
    return folder


def infer(home: Path, images: Path, output: Path, *arguments: str) -> Finished:
    return run_pipeline("inference_pipeline", home, "--images", str(images), "--output", str(output), *arguments)


def test_a_folder_is_answered_file_by_file_and_the_second_time_from_the_cache(home: Path, images: Path) -> None:
    finished = infer(home, images, home / "answers.parquet")
    assert finished.exit_code == 0, finished.errors[-3000:]
    assert "answered on 40 of 41 files" in finished.output
    assert "No answer on 40.png" in finished.output
    table = pq.read_table(home / "answers.parquet")
    assert table["file"].to_pylist() == [f"{number:02d}.png" for number in range(41)]
    assert set(table["label"].to_pylist()) == {CLASSES[0], None}
    told = finished.summary
    assert (told["model"]["name"], told["files"], told["answered"], told["refused"]) == (NAME, 41, 40, 1)
    assert not list((home / "inference").iterdir())

    again = infer(home, images, home / "answers.csv", "--model", f"{NAME}@champion")
    assert again.exit_code == 0, again.errors[-3000:]
    assert again.statuses() == {"predict_images": "cached"}
    assert (home / "answers.csv").read_text().count("\n") == 42


def predict(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "medimage.inference.command", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment(home), capture_output=True, text=True, check=False)


def test_an_image_is_answered_with_every_probability(home: Path, images: Path) -> None:
    told = predict(home, str(images / "39.png"))
    assert told.returncode == 0, told.stderr
    assert "bright" in told.stdout.splitlines()[1]
    assert all(name in told.stdout for name in CLASSES)
    assert "research use only" in told.stdout.lower()
    as_json = predict(home, "--json", "--model", f"{NAME}/1", str(images))
    assert as_json.returncode == 1
    values = json.loads(as_json.stdout)
    assert [bool(answer["refusal"]) for answer in values["answers"]] == [False] * 40 + [True]


def test_a_wrong_command_is_told_in_a_sentence(home: Path) -> None:
    found = predict(home, "--model", "lung-brightnes@champion", "README.md")
    assert found.returncode == 2
    assert NAME in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.png"], "there is no file"),
        (["--model", "lung-brightnes@champion", "README.md"], "lung-brightness"),
        (["--model", f"{NAME}@chalenger", "README.md"], "alias"),
        (["--model", "all", "README.md"], "no registered model 'all'"),
    ],
)
def test_every_wrong_command_has_its_sentence(
    home: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["medimage predict", *arguments])
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow' / 'mlflow.db'}")
    try:
        with pytest.raises(MedimageError, match=told) as caught:
            main()
    finally:
        mlflow.set_tracking_uri(previous)
    assert caught.value.exit_code == 2


def test_without_a_registered_model_that_is_said(tmp_path: Path, images: Path) -> None:
    found = predict(tmp_path, str(images / "00.png"))
    assert found.returncode == 2
    assert "of champions there is none" in found.stderr
