"""Runs that do not end with a packaged model: bad commands, data and workspaces."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.support.commands import OPEN_GATE, TINY, environment, train
from tests.support.images import encode, make_class_folders, textured

pytestmark = pytest.mark.end_to_end

FOLDER = (*TINY[2:], *OPEN_GATE, "--config", "configs/quickstart.yaml", "--data.source", "folder")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workspace for all: a run that fails must not spoil those after it."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--training.stage2.epoch", "3"), ("training.stage2.epoch", "epochs")),
        # Each costs the start of a process, and is refused by the same function in tests of the configuration.
        pytest.param(("--data.path", "/nowhere"), ("data.path", "/nowhere"), marks=pytest.mark.proof),
        pytest.param(("--model.name", "resnet81"), ("resnet81", "resnet18"), marks=pytest.mark.proof),
        pytest.param(("--training.device", "mps"), ("training.device", "mps", "auto"), marks=pytest.mark.proof),
        pytest.param(
            ("--training.processes", "2", "--training.batch_size", "3"),
            ("training.processes", "at least 4"),
            marks=pytest.mark.proof,
        ),
        pytest.param(
            ("--model.pretrained", "false", "--model.weights", "absent.safetensors"),
            ("model.weights", "absent"),
            marks=pytest.mark.proof,
        ),
    ],
)
def test_a_wrong_command_is_refused_before_anything_runs(
    tmp_path: Path, arguments: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    root = make_class_folders(tmp_path / "images")
    finished = train(tmp_path / "home", *FOLDER, "--data.path", str(root), *arguments)
    assert finished.exit_code == 2
    for text in expected:
        assert text in finished.errors
    assert "Traceback" not in finished.errors
    assert "has started" not in finished.output + finished.errors
    assert not (tmp_path / "home" / "runs").exists()


def break_nothing(root: Path) -> None:
    del root


def empty_a_class(root: Path) -> None:
    for file in (root / "well").iterdir():
        file.unlink()


def name_an_absent_image(root: Path) -> None:
    (root / "MANIFEST.csv").write_text("file,label\nill/000.png,ill\nill/absent.png,ill\n")


def put_a_class_into_one_split_only(root: Path) -> None:
    (root / "train").mkdir()
    (root / "test").mkdir()
    (root / "ill").rename(root / "train" / "ill")
    (root / "well").rename(root / "test" / "well")


def make_all_images_unreadable(root: Path) -> None:
    for file in root.rglob("*.png"):
        file.write_bytes(file.read_bytes()[:60] + file.name.encode() + file.parent.name.encode())


@pytest.mark.parametrize(
    ("break_data", "settings", "code", "expected"),
    [
        pytest.param(
            break_nothing,
            ("--data.classes", "[ill, wel]"),
            2,
            ("'well'", "'wel'", "data.labels"),
            marks=pytest.mark.proof,
        ),
        pytest.param(empty_a_class, (), 1, ("none of ['well']",), marks=pytest.mark.proof),
        pytest.param(name_an_absent_image, (), 1, ("ill/absent.png", "MANIFEST.csv"), marks=pytest.mark.proof),
        pytest.param(
            put_a_class_into_one_split_only,
            (),
            1,
            ("Every class needs images in train, validation and test",),
            marks=pytest.mark.proof,
        ),
        pytest.param(
            make_all_images_unreadable,
            (),
            1,
            ("The data cannot be trusted", "24 of 24 files cannot be used"),
            marks=pytest.mark.proof,
        ),
    ],
)
def test_data_that_cannot_be_used_end_the_run_with_one_message(  # noqa: PLR0917
    home: Path, tmp_path: Path, break_data, settings: tuple[str, ...], code: int, expected: tuple[str, ...]
) -> None:
    root = make_class_folders(tmp_path / "images")
    break_data(root)
    finished = train(home, *FOLDER, "--data.path", str(root), *settings)
    assert finished.exit_code == code, finished.errors[-2000:]
    for text in expected:
        assert text in finished.errors
    assert "Traceback" not in finished.errors
    assert finished.summary["verdict"] is None
    assert finished.summary["error"] in finished.errors
    assert "failed" in finished.statuses().values()


@pytest.mark.proof
def test_one_unreadable_image_is_quarantined_and_the_run_goes_on(home: Path, tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=24)
    (root / "ill" / "broken.png").write_bytes(encode(textured(77))[:100])
    finished = train(home, *FOLDER, "--data.path", str(root))
    assert finished.exit_code in (0, 3), finished.errors[-2000:]
    assert "unreadable" in Path(finished.summary["report"]).read_text()
    assert finished.statuses()["medical_validation_gate"] == "completed"


def test_a_summary_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = subprocess.run(
        [sys.executable, "-m", "pipelines.train_pipeline", *TINY, "--summary", str(tmp_path / "file" / "s.json")],
        cwd=PROJECT,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "--summary" in result.stderr


def test_a_workspace_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    finished = train(tmp_path / "there", *TINY, MEDIMAGE_HOME=str(tmp_path / "file" / "home"))
    assert finished.exit_code == 1
    assert "MEDIMAGE_HOME=FOLDER" in finished.errors
    assert "Traceback" not in finished.errors


def test_a_damaged_database_is_told_with_the_way_out(tmp_path: Path) -> None:
    database = tmp_path / "home" / "zenml" / "local_stores" / "default_zen_store" / "zenml.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"this was a database once" * 400)
    finished = train(tmp_path / "home", *TINY)
    assert finished.exit_code == 1
    assert "is damaged" in finished.errors
    assert "Traceback" not in finished.errors
