from pathlib import Path

import pytest

from medimage.config.experiment import CandidateConfig, ExperimentConfig
from medimage.config.loading import RunArguments
from medimage.config.run import RunConfig
from medimage.errors import ConfigurationError, DataError, TrainingError
from pipelines.definitions.experiment import words_of
from pipelines.experiment_run import run_experiment
from steps.branch import branch_of, branch_run, step_id
from tests.support.images import make_class_folders


def arguments(folder: Path, *, name: str) -> RunArguments:
    experiment = ExperimentConfig(candidates={"one": CandidateConfig(), "two": CandidateConfig(model={"name": name})})
    config = RunConfig.model_validate(
        {
            "data": {"source": "folder", "path": make_class_folders(folder)},
            "model": {"name": "test_resnet", "pretrained": False},
            "experiment": experiment.model_dump(),
        }
    )
    return RunArguments(config=config, use_cache=True, summary=None)


def test_a_network_that_does_not_exist_is_told_with_its_candidate_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"experiment\.candidates\.two: model\.name: .*resnet81.*resnet18"):
        run_experiment(arguments(tmp_path / "images", name="resnet81"))


def test_a_candidate_fails_with_the_words_that_are_written_for_the_user() -> None:
    try:
        try:
            raise ZeroDivisionError("deep below")
        except ZeroDivisionError as error:
            raise TrainingError("The loss became nan.") from error
    except TrainingError as error:
        wrapped = RuntimeError("Step failed.")
        wrapped.__cause__ = error
    assert words_of(wrapped) == "The loss became nan."
    assert words_of(DataError("No images.")) == "No images."
    assert words_of(KeyError()) == "KeyError"


def test_what_would_stop_every_candidate_stops_the_run() -> None:
    full = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space left"):
        words_of(full)


@pytest.mark.parametrize("branch", ["fold_0", "resnet18", "two-words"])
def test_a_step_is_named_by_its_branch_and_a_run_of_its_own(branch: str) -> None:
    assert branch_of(step_id("train_stage1", branch)) == branch
    assert branch_run("run", branch) == f"run-{branch}"
    assert (branch_of("train_stage1"), branch_run("run", "")) == ("", "run")
