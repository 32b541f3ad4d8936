"""A pipeline that trains in two processes: it ends when it is asked to, and goes on when it is started again."""

import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support.commands import TINY, Finished, train
from tests.support.running_pipeline import epoch_lines, start_and_wait_for_stage_2

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]

EPOCHS = 12
ARGUMENTS = (
    *TINY,
    *("--training.stage2.epochs", str(EPOCHS), "--training.device", "cpu", "--training.processes", "2"),
)


@dataclass(frozen=True)
class Asked:
    """What a pipeline that was asked to end told, its exit code, and which of its processes were left."""

    told: str
    exit_code: int
    left: list[psutil.Process]


def end_in_stage_2(home: Path, log: Path) -> Asked:
    process = start_and_wait_for_stage_2(ARGUMENTS, home=home, log=log, epochs=2)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    _, left = psutil.wait_procs(family, timeout=20)
    return Asked(told=log.read_text(), exit_code=code, left=left)


@pytest.fixture(scope="module")
def asked_and_finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Asked, Finished]:
    home = tmp_path_factory.mktemp("two")
    return end_in_stage_2(home, home / "log.txt"), train(home, *ARGUMENTS)


def test_it_ends_with_all_its_processes_when_it_is_asked_to(asked_and_finished: tuple[Asked, Finished]) -> None:
    asked, _ = asked_and_finished
    assert asked.exit_code == 130, asked.told[-3000:]
    assert "interrupted" in asked.told
    assert "Traceback" not in asked.told
    assert asked.left == []


def test_started_again_it_goes_on_and_ends_with_the_figures_of_one_left_alone(
    asked_and_finished: tuple[Asked, Finished], tmp_path: Path
) -> None:
    asked, finished = asked_and_finished
    told = finished.output + finished.errors
    assert finished.exit_code == 3, told[-3000:]
    assert re.search(r"stage 2: goes on after epoch \d+", told)
    undisturbed = train(tmp_path / "home", *ARGUMENTS)
    expected = epoch_lines(undisturbed.output + undisturbed.errors)
    assert sorted(expected) == list(range(1, EPOCHS + 1))
    assert {**epoch_lines(asked.told), **epoch_lines(told)} == expected
    assert finished.summary["metrics"] == undisturbed.summary["metrics"]
