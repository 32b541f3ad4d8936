"""Runs that do not end with a packaged model: bad input, interruption, a full disk."""

import os
import re
import signal
import subprocess
import sys
import time
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
        (("--training.device", "mps"), ("training.device", "mps", "auto")),
        (("--training.processes", "2", "--training.batch_size", "3"), ("training.processes", "at least 4")),
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
        (break_nothing, ("--data.classes", "[ill, wel]"), 2, ("'well'", "'wel'", "data.labels")),
        pytest.param(empty_a_class, (), 1, ("none of ['well']",), marks=pytest.mark.proof),
        pytest.param(name_an_absent_image, (), 1, ("ill/absent.png", "MANIFEST.csv"), marks=pytest.mark.proof),
        pytest.param(
            put_a_class_into_one_split_only,
            (),
            1,
            ("Every class needs images in train, validation and test",),
            marks=pytest.mark.proof,
        ),
        (make_all_images_unreadable, (), 1, ("The data cannot be trusted", "24 of 24 files cannot be used")),
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


@pytest.mark.proof
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_leaves_nothing_that_a_later_run_trusts(
    home: Path, tmp_path: Path, sent: signal.Signals
) -> None:
    arguments = (*TINY, *OPEN_GATE, "--seed", str(1000 + sent))
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.train_pipeline", *arguments, "--training.stage2.epochs", "5000"],
            cwd=PROJECT,
            env=environment(home),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 120
            while not re.search(r"epoch +3/5000", log.read_text()):
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline, log.read_text()[-2000:]
                time.sleep(0.2)
            os.killpg(process.pid, sent)
            assert process.wait(timeout=60) == 130
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    told = log.read_text()
    assert "interrupted:" in told
    assert "Traceback" not in told
    finished = train(home, *arguments)
    assert finished.exit_code == 0
    assert finished.statuses()["train_stage1"] == "cached"
    assert finished.statuses()["train_stage2"] == "completed"


@pytest.mark.proof
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_told_and_leaves_nothing_that_a_later_run_trusts(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=520m", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"this machine does not let root mount a small disk: {mounted.stderr.strip()}")
    try:
        filler = disk / "filler"
        # Passes the check before the start (500 MB free), then grows while the run is under way.
        process_home = disk / "home"
        arguments = (*TINY, *OPEN_GATE)
        log = tmp_path / "log.txt"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.train_pipeline", *arguments],
                cwd=PROJECT,
                env=environment(process_home, TMPDIR=str(tmp_path)),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            while "split_dataset" not in log.read_text() and process.poll() is None:
                time.sleep(0.1)
            fill(filler)
            assert process.wait(timeout=300) == 1
        told = log.read_text()
        assert "the disk is full" in told
        assert "Traceback" not in told, told[-6000:]
        filler.unlink()
        finished = train(process_home, *arguments)
        assert finished.exit_code == 0, finished.errors[-2000:]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(file: Path) -> None:
    """Writes until nothing more fits."""
    with file.open("wb", buffering=0) as sink:
        try:
            while True:
                sink.write(b"\0" * 2**16)
        except OSError:
            return
