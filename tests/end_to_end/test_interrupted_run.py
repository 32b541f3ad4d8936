"""Runs that end in the middle: somebody interrupts them, or the disk is full."""

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

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workspace for all: a run that fails must not spoil those after it."""
    return tmp_path_factory.mktemp("home")


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
