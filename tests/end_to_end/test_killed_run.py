"""A pipeline that is killed while it trains, and started again."""

import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from tests.support.commands import TINY, Finished, train
from tests.support.running_pipeline import epoch_lines, start_and_wait_for_stage_2

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]

EPOCHS = 16
ARGUMENTS = (*TINY, "--training.stage2.epochs", str(EPOCHS), "--training.stage2.weight_decay", "0.04")


def kill_in_stage_2(home: Path, log: Path) -> str:
    """Starts the pipeline, kills it in the middle of stage 2, and returns what it told."""
    process = start_and_wait_for_stage_2(ARGUMENTS, home=home, log=log, epochs=3)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return log.read_text()


def client(home: Path) -> MlflowClient:
    return MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow' / 'mlflow.db'}")


def mlflow_runs(home: Path) -> list[Run]:
    experiment = client(home).get_experiment_by_name("quickstart")
    assert experiment is not None
    return client(home).search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])


def steps_of_curve(home: Path, run: Run) -> list[int]:
    return [point.step for point in client(home).get_metric_history(run.info.run_id, "epoch.train_loss")]


@dataclass(frozen=True)
class Killed:
    """A pipeline that was killed, and the same command afterwards."""

    home: Path
    before: dict[int, str]
    finished: Finished


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    home = tmp_path_factory.mktemp("killed")
    before = epoch_lines(kill_in_stage_2(home, home / "log.txt"))
    assert max(before) < EPOCHS
    return Killed(home, before, train(home, *ARGUMENTS))


def trained_weights(home: Path) -> dict[str, bytes]:
    """Returns the files of the best and the last weights of stage 2, as its artifact holds them."""
    return {path.name: path.read_bytes() for path in home.rglob("local_stores/*/train_stage2/**/*.safetensors")}


def test_a_killed_pipeline_goes_on_after_its_last_epoch(killed: Killed) -> None:
    home, before, finished = killed.home, killed.before, killed.finished
    told = finished.output + finished.errors
    assert finished.exit_code == 3, told[-3000:]
    assert finished.statuses()["train_stage1"] == "cached"
    resumed = re.search(r"stage 2: goes on after epoch (\d+)", told)
    assert resumed is not None
    # The epoch under way is lost; one that was kept but not yet told is not.
    assert max(before) <= int(resumed[1]) <= max(before) + 1
    after = epoch_lines(told)
    assert sorted(after) == list(range(int(resumed[1]) + 1, EPOCHS + 1))
    # What was needed to go on is gone; of stage 1, whose model was there already, a mark says that it is over.
    assert all(any(folder.glob("finished-by-*")) for folder in home.rglob("local_stores/*/checkpoints/*"))
    first, second = mlflow_runs(home)
    assert (first.info.status, second.info.status) == ("KILLED", "FINISHED")
    # One epoch of stage 1 comes before.
    assert steps_of_curve(home, first) == list(range(1, len(steps_of_curve(home, first)) + 1))
    assert steps_of_curve(home, second) == list(range(1, EPOCHS + 2))


def test_a_pipeline_that_was_killed_ends_with_the_numbers_of_one_that_was_left_alone(
    killed: Killed, tmp_path: Path
) -> None:
    undisturbed = train(tmp_path / "home", *ARGUMENTS)
    expected = epoch_lines(undisturbed.output + undisturbed.errors)
    assert sorted(expected) == list(range(1, EPOCHS + 1))
    after = epoch_lines(killed.finished.output + killed.finished.errors)
    assert 0 < len(after) < EPOCHS
    for lines in (killed.before, after):
        assert lines == {epoch: expected[epoch] for epoch in lines}
    assert killed.finished.summary["metrics"] == undisturbed.summary["metrics"]
    weights = trained_weights(tmp_path / "home")
    assert len(weights) == 2
    assert trained_weights(killed.home) == weights
