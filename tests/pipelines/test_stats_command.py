import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimage.data.saved_normalization import SavedNormalization
from medimage.errors import ConfigurationError, DataError
from pipelines import stats
from pipelines.run_settings import resolve_run_settings
from pipelines.stats import MODES, differences, read_arguments
from pipelines.training_statistics import measure_training_images
from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.images import encode, textured

SIZE = 24


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Training, validation and test folders of two classes, without any duplicate."""
    root = tmp_path_factory.mktemp("data")
    seed = 0
    for part, images in (("train", 8), ("val", 4), ("test", 4)):
        for name in ("ill", "well"):
            (root / part / name).mkdir(parents=True)
            for number in range(images):
                (root / part / name / f"{part}{number}.png").write_bytes(encode(textured(seed)))
                seed += 1
    return root


@pytest.fixture(scope="module")
def options(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    file = tmp_path_factory.mktemp("config") / "two.yaml"
    file.write_text(
        f"problem: two\ndata: {{path: '{folders}'}}\nsplit: {{test_set: null}}\n"
        f"model: {{input_size: {SIZE}, pretrained: false}}\n"
    )
    return ["--config", str(file)]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["stats", *arguments])
    return stats.main()


def two_passes(folder: Path) -> tuple[float, float, int]:
    """Mean and deviation as they are usually measured, file by file, in float64."""
    images = [
        np.asarray(Image.open(file).convert("L").resize((SIZE, SIZE), Image.Resampling.BILINEAR)) / 255
        for file in sorted(folder.rglob("*.png"))
    ]
    mean = sum(float(image.mean()) for image in images) / len(images)
    variance = sum(float(((image - mean) ** 2).mean()) for image in images) / len(images)
    return mean, variance**0.5, len(images)


def test_the_training_images_and_no_others_are_measured(options: list[str], folders: Path) -> None:
    measured = measure_training_images(read_arguments(["display", *options]).config)
    mean, deviation, images = two_passes(folders / "train")
    assert measured.mean == pytest.approx((mean,), abs=1e-12)
    assert measured.std == pytest.approx((deviation,), abs=1e-12)
    assert (measured.images, measured.input_size) == (images, SIZE)


def test_display_save_and_verify(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "saved.json"
    assert run(monkeypatch, "display", *options) == 0
    shown = capsys.readouterr().out
    assert "training images     16\n" in shown
    assert f"{SIZE} x {SIZE} pixels, 1 channel\n" in shown
    assert run(monkeypatch, *options, "--out", str(file), "save") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["saved.json"]
    saved = SavedNormalization.read(file)
    assert f"mean                {saved.mean[0]:.6f}\n" in shown
    assert saved.data_hash in shown
    # The file of the configuration is the one to save to and to compare with where none is named.
    assert run(monkeypatch, "verify", *options, "--model.normalization_file", str(file)) == 0
    assert f"equal to {file}\n" in capsys.readouterr().out
    assert run(monkeypatch, "verify", *options, "--saved", str(file), "--model.input_size", "25") == 1
    told = capsys.readouterr().out
    assert "different  input_size: measured 25, saved 24\n" in told
    assert f"saved {saved.mean[0]!r}\n" in told


@pytest.mark.parametrize("name", ["mean", "std", "images", "data_hash", "preprocessing", "input_size"])
def test_every_difference_is_told_with_both_values(name: str) -> None:
    one = SavedNormalization(mean=(0.5,), std=(0.25,), input_size=8, images=3, data_hash="a", preprocessing="1")
    others = {"mean": (0.5 + 1e-9,), "std": (0.25 + 1e-9,), "images": 4, "data_hash": "b", "preprocessing": "2"}
    other = SavedNormalization(**{**one.model_dump(), "input_size": 9, **others})
    (told,) = differences(one, one.model_copy(update={name: getattr(other, name)}))
    assert told.startswith(f"{name}: measured ")
    assert ", saved " in told
    assert differences(one, one) == []
    rounded = one.model_copy(update={"mean": (0.5 * (1 + 1e-15),)})
    assert differences(one, rounded) == []


def test_a_run_takes_the_saved_statistics_where_there_are_any(options: list[str], tmp_path: Path) -> None:
    file = tmp_path / "saved.json"
    config = read_arguments(["display", *options, "--model.normalization_file", str(file)]).config
    assert resolve_run_settings(config).saved_normalization is None
    saved = SavedNormalization(mean=(0.5,), std=(0.25,), input_size=8, images=3, data_hash="a", preprocessing="1")
    saved.write(file)
    assert resolve_run_settings(config).saved_normalization == saved
    file.write_text("{}")
    with pytest.raises(DataError, match="mean is wrong"):
        resolve_run_settings(config)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "say first or last what to do: display, save, verify"),
        (["save"], "save: name a file with --out FILE or model.normalization_file"),
        (["verify"], "verify: name a file with --saved FILE or model.normalization_file"),
        (["display", "--out", "x.json"], "--out: is for save, not for display"),
        (["save", "--saved", "x.json"], "--saved: is for verify, not for save"),
        (["save", "--out", "no/such/folder/x.json"], "there is no folder"),
        (["display", "--summary", "x.json"], "--summary: medimage stats writes none"),
        (["display", "save"], "'save' stands alone"),
        (
            ["display", "--model.normalization_file", "x.json", "--model.normalization", "pretrained"],
            "set normalization to training",
        ),
    ],
)
def test_a_wrong_command_is_told(options: list[str], words: list[str], expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        read_arguments([*words, *options])
    assert caught.value.exit_code == 2


def test_a_setting_that_reads_like_a_mode_is_a_setting(options: list[str]) -> None:
    asked = read_arguments(["display", *options, "--problem", "save"])
    assert (asked.mode, asked.config.problem) == (MODES[0], "save")


def test_the_command_is_listed_and_verifies_nothing_that_is_not_there(tmp_path: Path, options: list[str]) -> None:
    program = "from medimage.command_line import main; main()"
    finished = subprocess.run(
        [sys.executable, "-c", program, "stats", "verify", *options, "--saved", "missing.json"],
        cwd=PROJECT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert "missing.json cannot be read" in finished.stderr
    assert "Traceback" not in finished.stderr
