import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimage.errors import ConfigurationError
from pipelines.learning_rate import PLOT_FILE, TABLE_FILE, read_arguments
from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.images import make_class_folders

CONFIG = (
    "problem: two\nsplit: {test_set: null}\nmodel: {name: test_resnet, input_size: 32, pretrained: false}\n"
    "training: {batch_size: 8, device: cpu, stage1: {epochs: 0}, "
    "stage2: {learning_rate: auto, backbone_learning_rate: auto, schedule: {name: cosine, minimum: 1e-3}}}\n"
)


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    root = make_class_folders(tmp_path / "images", images=30)
    file = tmp_path / "two.yaml"
    file.write_text(f"{CONFIG}data: {{path: '{root}'}}\n")
    return ["--config", str(file)]


@pytest.mark.proof
def test_a_sweep_writes_plot_and_table_and_prints_what_to_set(tmp_path: Path, options: list[str]) -> None:
    out = tmp_path / "new" / "sweep"
    program = "from medimage.command_line import main; main()"
    absent = tmp_path / "absent.json"
    words = ["learning-rate", *options, "--out", str(out), "--model.normalization_file", str(absent)]
    finished = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=PROJECT,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert "Traceback" not in finished.stderr
    # As a run does that finds no statistics on file.
    assert f"there is no file {absent}" in " ".join(finished.stderr.split())
    with (out / TABLE_FILE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    rates = [float(row["learning_rate"]) for row in rows]
    assert rates == sorted(rates)
    assert len(rows) > 20
    assert np.isfinite([float(row["smoothed_loss"]) for row in rows]).all()
    head, backbone, reason, plot = finished.stdout.splitlines()[-4:]
    suggested = float(head.removeprefix("--training.stage2.learning_rate "))
    assert rates[0] < suggested < rates[-1]
    # The table has no rates for this network, so both parts get the same.
    assert float(backbone.removeprefix("--training.stage2.backbone_learning_rate ")) == suggested
    assert f"most steeply at {suggested:.1e}" in reason
    assert plot == f"Plot: {(out / PLOT_FILE).absolute()}"
    with Image.open(out / PLOT_FILE) as image:
        assert image.width > 600


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "--out: name the folder"),
        (["--out", "{tmp}/images/sweep"], "--out: expected a folder outside of the data"),
        (["--out", "{tmp}/two.yaml"], "--out: expected a folder but .* is a file"),
        (["--out", "{tmp}/x", "--summary", "{tmp}/s.json"], "--summary: medimage learning-rate writes none"),
        (["--out", "{tmp}/x", "--stage", "1"], "--stage: expected a stage that the recipe trains, 2, but got 1"),
        (["--out", "{tmp}/x", "--stage", "two"], "--stage: .* but got two"),
    ],
)
def test_a_wrong_command_is_told(tmp_path: Path, options: list[str], words: list[str], expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        read_arguments([*(word.format(tmp=tmp_path) for word in words), *options])
    assert caught.value.exit_code == 2


def test_the_last_stage_that_trains_is_swept_where_none_is_named(tmp_path: Path, options: list[str]) -> None:
    out = ["--out", str(tmp_path / "x")]
    assert read_arguments([*options, *out]).stage == 2
    assert (
        read_arguments([*options, *out, "--training.strategy", "head_only", "--training.stage1.epochs", "1"]).stage == 1
    )
