"""Work in shares on the local stack: the same results as in one step, and nothing run again that need not be."""

import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from tests.conftest import PROJECT
from tests.support.commands import TINY, Finished, environment, run_pipeline, train
from tests.support.images import encode
from tests.support.registered import register_with_card

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof, pytest.mark.timeout(1200)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def divide(home: Path, **fan_out: int) -> None:
    """Registers a local stack that divides work."""
    home.mkdir(exist_ok=True)
    file = home / "stack.yaml"
    file.write_text(yaml.safe_dump({"name": "divided", "kind": "local", "fan_out": {"least_images": 10, **fan_out}}))
    command = [sys.executable, "-m", "pipelines.register_stack", "--stack", str(file)]
    subprocess.run(command, cwd=PROJECT, env=environment(home), check=True, capture_output=True)


def test_pixels_of_another_number_of_shares_are_the_same_and_no_other_step_is_run_again(home: Path) -> None:
    first = train(home, *TINY)
    assert first.exit_code == 3, first.errors[-3000:]
    divide(home, pixels=3)
    divided = train(home, *TINY)
    shares = {f"prepare_pixel_share-{number}_of_3" for number in (1, 2, 3)}
    assert divided.exit_code == 3, divided.errors[-3000:]
    assert divided.rerun() == {*shares, "merge_pixel_shares"}
    assert divided.summary["metrics"] == first.summary["metrics"]
    assert train(home, *TINY).rerun() == set()
    divide(home, pixels=2)
    assert train(home, *TINY).rerun() == {
        "prepare_pixel_share-1_of_2",
        "prepare_pixel_share-2_of_2",
        "merge_pixel_shares",
    }
    divide(home, pixels=1)
    assert train(home, *TINY).rerun() == set()


def test_answers_in_shares_are_those_of_one_step_in_the_same_order(home: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for number in range(40):
        (images / f"{number:02d}.png").write_bytes(encode(np.full((40, 40), 6 * number, np.uint8)))
    (images / "40.png").write_bytes(b"damaged")
    previous = mlflow.get_tracking_uri()
    (home / "mlflow").mkdir(parents=True)
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow' / 'mlflow.db'}")
    register_with_card()
    mlflow.set_tracking_uri(previous)

    def answered(name: str, *arguments: str) -> Finished:
        finished = run_pipeline(
            "inference_pipeline", home, "--images", str(images), "--output", str(home / name), *arguments
        )
        assert finished.exit_code == 0, finished.errors[-3000:]
        assert not list((home / "inference").iterdir())
        return finished

    assert answered("whole.parquet").rerun() == {"predict_images"}
    divide(home, inference=3)
    assert answered("shares.parquet").rerun() == {
        *(f"predict_image_share-{number}_of_3" for number in (1, 2, 3)),
        "join_predictions",
    }
    assert (home / "shares.parquet").read_bytes() == (home / "whole.parquet").read_bytes()
    assert answered("again.parquet").rerun() == set()

    # The files of the first shares are as they were.
    (images / "40.png").write_bytes(encode(np.full((40, 40), 200, np.uint8)))
    assert answered("mended.parquet").rerun() == {"predict_image_share-3_of_3", "join_predictions"}
    mended = pq.read_table(home / "mended.parquet")
    assert mended["file"].to_pylist() == [f"{number:02d}.png" for number in range(41)]
    assert mended["refusal"].null_count == 41

    # More shares than files, of which each has ten at least.
    divide(home, inference=200)
    assert len(answered("many.parquet").statuses()) == 4 + 1
    assert pq.read_table(home / "many.parquet") == mended


def test_an_empty_folder_is_told_before_anything_is_divided(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    divide(home, inference=3)
    finished = run_pipeline(
        "inference_pipeline", home, "--images", str(tmp_path / "empty"), "--output", str(home / "answers.csv")
    )
    assert finished.exit_code == 2
    assert "there is no image below" in finished.errors
