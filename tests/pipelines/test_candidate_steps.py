"""A candidate of an experiment goes through the steps of a run of its own, so that it is promoted from the cache."""

from typing import Any

import pytest
from zenml.config.step_configurations import PartialStepConfiguration

from medimage.config.candidates import candidate_configs
from medimage.config.run import RunConfig
from pipelines.definitions.experiment import experiment_pipeline
from pipelines.definitions.train import train_pipeline
from pipelines.run_settings import resolve_run_settings
from tests.support.candidates import CLOSED, candidate
from tests.support.recorded_steps import recorded_steps

CANDIDATES: dict[str, dict[str, Any]] = {
    "plain": {},
    "weighted": {"training": {"class_weights": "auto"}},
    "balanced": {"training": {"sampling": "balanced"}},
    "found": {"training": {"batch_size": "auto"}},
}
CONFIG = RunConfig.model_validate(
    {
        "data": {"source": "synthetic"},
        "model": {"name": "test_resnet", "input_size": 32, "pretrained": False},
        "training": {"device": "cpu"},
        "experiment": {"candidates": CANDIDATES},
    }
)
CONFIGS = candidate_configs(CONFIG)
LOADED = {"find_batch_size": 16, "medical_validation_gate": candidate(wrong=9, gate=CLOSED)[1]}
NEEDED_BY_ALL = {"compute_normalization", "train_stage1", "train_stage2", "evaluate_model", "medical_validation_gate"}


@pytest.fixture(scope="module")
def experiment() -> dict[str, PartialStepConfiguration]:
    settings = {name: resolve_run_settings(config) for name, config in CONFIGS.items()}
    with recorded_steps(**LOADED) as recorded:
        experiment_pipeline.entrypoint(CONFIG, settings["plain"], settings)
    return recorded


@pytest.mark.parametrize("name", CANDIDATES)
def test_every_step_of_a_candidate_has_the_settings_of_a_run_of_its_own(
    experiment: dict[str, PartialStepConfiguration], name: str
) -> None:
    with recorded_steps(**LOADED) as alone:
        train_pipeline.entrypoint(CONFIGS[name], resolve_run_settings(CONFIGS[name]))
    shared = {step for step in alone if f"{step}-{name}" in experiment}
    assert shared >= NEEDED_BY_ALL
    for step in shared:
        assert experiment[f"{step}-{name}"].parameters == alone[step].parameters


@pytest.mark.parametrize(("name", "class_weights"), [("plain", "none"), ("weighted", "auto"), ("balanced", "auto")])
def test_balanced_sampling_counts_at_the_gate_as_the_class_weights_that_it_stands_for(
    experiment: dict[str, PartialStepConfiguration], name: str, class_weights: str
) -> None:
    assert experiment[f"medical_validation_gate-{name}"].parameters["class_weights"] == class_weights


def test_a_batch_size_is_looked_for_in_the_name_of_the_candidate_that_asks_for_it(
    experiment: dict[str, PartialStepConfiguration],
) -> None:
    assert [step for step in experiment if step.startswith("find_batch_size")] == ["find_batch_size-found"]
    for stage in (1, 2):
        assert experiment[f"train_stage{stage}-found"].parameters["recipe"]["batch_size"] == LOADED["find_batch_size"]
