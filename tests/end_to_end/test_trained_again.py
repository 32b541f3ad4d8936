"""What trains a model again, and what does not, in runs one after the other."""

from pathlib import Path

import pytest

from tests.support.commands import TINY, Finished, train

pytestmark = [pytest.mark.end_to_end, pytest.mark.proof]

TRAINING = {"train_stage1", "train_stage2"}
UNTOLD = ("--tracking.csv", "false", "--tracking.tensorboard", "false", "--registry.experiment", "another")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home: Path) -> Finished:
    finished = train(home, *TINY, *UNTOLD)
    assert finished.exit_code == 3, finished.errors[-3000:]
    assert finished.rerun() >= TRAINING
    assert not list((home / "runs").rglob("stage*.csv"))
    return finished


@pytest.mark.parametrize(
    "settings",
    [(), ("--training.batch_sizes", "{resnet18: 8, test_resnet: 16}", "--training.checkpoints", "false")],
    ids=["other trackers", "other batch sizes"],
)
def test_what_decides_no_model_trains_none_again(first: Finished, home: Path, settings: tuple[str, ...]) -> None:
    again = train(home, *TINY, *settings)
    assert again.exit_code == 3, again.errors[-3000:]
    assert not again.rerun() & TRAINING
    assert again.summary["metrics"] == first.summary["metrics"]


def test_what_is_trained_is_watched_by_the_trackers_that_are_asked_for(first: Finished, home: Path) -> None:
    assert first.exit_code == 3
    trained = train(home, *TINY, "--training.label_smoothing", "0.2")
    assert trained.rerun() >= TRAINING
    folder = Path(trained.summary["report"]).parent
    assert {path.name for path in folder.rglob("stage*.csv")} == {"stage1.csv", "stage2.csv"}


def test_another_version_of_what_trains_trains_again_and_nothing_after_it_where_the_model_is_the_same(
    first: Finished, home: Path, tmp_path: Path
) -> None:
    assert first.exit_code == 3
    package = tmp_path / "timm-99.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: timm\nVersion: 99.0\n")
    assert train(home, *TINY, *UNTOLD, PYTHONPATH=str(tmp_path)).rerun() == TRAINING
