"""Pipelines for an orchestrator that must know every step before the first one runs: the steps that they would run."""

from typing import Any

import pytest

from medimage.config.candidates import candidate_configs
from medimage.config.run import RunConfig
from medimage.config.stack.fan_out import FanOutConfig
from medimage.config.stack.loading import load_stack
from medimage.errors import StackError
from medimage.monitoring.monitoring_request import MonitoringRequest
from medimage.registry.champion import Champion
from medimage.registry.version_reference import VersionReference
from pipelines.definitions.cross_validation import cross_validation_pipeline
from pipelines.definitions.evaluation import evaluation_pipeline
from pipelines.definitions.experiment import experiment_pipeline
from pipelines.definitions.inference import inference_pipeline
from pipelines.definitions.monitor import monitor_pipeline
from pipelines.definitions.train import train_pipeline
from pipelines.run_settings import RunSettings, resolve_run_settings
from pipelines.stacks import active
from pipelines.static_form import StaticPipeline, current_conditions, fitting_form, is_static
from tests.conftest import PROJECT

BASE: dict[str, Any] = {
    "data": {"source": "synthetic"},
    "model": {"name": "test_resnet", "input_size": 32, "pretrained": False},
    "training": {"device": "cpu", "batch_size": 16},
}
MODEL = VersionReference(name="lung", version=3, onnx_sha256="0" * 64)
AFTER_THE_GATE = {
    "export_onnx",
    "report_formats",
    "measure_reference",
    "promote_model",
    "package_bento",
    "link_model_version",
}


def configured(**changes: Any) -> tuple[RunConfig, RunSettings]:
    config = RunConfig.model_validate({**BASE, **changes})
    return config, resolve_run_settings(config)


@pytest.fixture(autouse=True)
def in_kubeflow(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = load_stack(PROJECT / "configs" / "stacks" / "kubeflow.yaml")
    monkeypatch.setattr(active, "active_definition", lambda: stack)


def noted(pipeline: Any, **arguments: Any) -> dict[str, Any]:
    """Returns the steps of a pipeline by name."""
    static = StaticPipeline.of(pipeline)
    static.prepare(**arguments)
    return dict(static.invocations)


def conditions(invocation: Any) -> list[str]:
    settings = invocation.step.configuration.settings["orchestrator"].model_dump()
    return [f"{each['decision']} of {each['step']}" for each in settings["only_where"]]


def test_all_that_follows_the_gate_is_run_only_where_it_passed() -> None:
    config, settings = configured()
    steps = noted(train_pipeline, config=config, settings=settings)
    assert {name for name, step in steps.items() if conditions(step)} == AFTER_THE_GATE
    for name in AFTER_THE_GATE:
        assert conditions(steps[name]) == ["gate_passed of medical_validation_gate"]
    assert len(steps) == 20
    assert not is_static()
    assert current_conditions() == []


def test_a_step_takes_its_needs_and_its_retries_with_it() -> None:
    config, settings = configured()
    step = noted(train_pipeline, config=config, settings=settings)["train_stage2"].step.configuration
    assert step.settings["orchestrator"].model_dump()["needs"]["gpus"] == 1
    assert step.retry.max_retries == 3


def test_steps_have_the_same_parameters_as_where_they_are_run_as_they_are_called() -> None:
    config, settings = configured()
    parameters = noted(train_pipeline, config=config, settings=settings)["medical_validation_gate"].step.configuration
    assert parameters.parameters["gate"] == config.gate.model_dump(mode="json")


def test_a_candidate_is_held_against_the_champion_of_now() -> None:
    config, settings = configured()
    champion = Champion(reference=MODEL, predictions="1" * 64, predecessor=None)
    steps = noted(train_pipeline, config=config, settings=settings.model_copy(update={"champion": champion}))
    assert steps["compare_with_champion"].step.configuration.parameters["champion"] == MODEL.model_dump(mode="json")
    assert "compare_with_champion" in steps["medical_validation_gate"].upstream_steps


@pytest.mark.parametrize("ensemble", [True, False])
def test_every_fold_has_its_steps_and_an_ensemble_is_made_where_the_gate_passed(ensemble: bool) -> None:
    config, settings = configured(split={"folds": 3}, cross_validation={"ensemble": ensemble})
    steps = noted(cross_validation_pipeline, config=config, settings=settings)
    assert {"train_stage2-fold_0", "train_stage2-fold_1", "train_stage2-fold_2"} <= set(steps)
    assert {f"evaluate_model-fold_{fold}" for fold in range(3)} <= steps["pool_folds"].upstream_steps
    assert ("export_ensemble" in steps) is ensemble
    # Which test set is locked is looked up when they are run, so that no key of the cache knows it.
    for name in ("split_dataset-fold_0", "judge_folds"):
        assert steps[name].step.configuration.enable_cache is False
    assert all(conditions(step) == [] for name, step in steps.items() if name.startswith("train_"))
    if ensemble:
        assert conditions(steps["package_bento"]) == ["gate_passed of judge_folds"]


def test_every_candidate_of_an_experiment_has_its_steps() -> None:
    config, _ = configured(
        experiment={"candidates": {"plain": {}, "weighted": {"training": {"class_weights": "auto"}}}}
    )
    settings = {name: resolve_run_settings(own) for name, own in candidate_configs(config).items()}
    steps = noted(experiment_pipeline, config=config, settings=settings["plain"], candidates=settings)
    assert {"train_stage2-plain", "train_stage2-weighted"} <= set(steps)
    assert steps["compare_candidates"].upstream_steps >= {"evaluate_model-plain", "evaluate_model-weighted"}


@pytest.mark.parametrize("part", ["all", "test"])
def test_every_model_of_an_evaluation_is_judged(part: str) -> None:
    config, settings = configured()
    steps = noted(evaluation_pipeline, config=config, settings=settings, models=[MODEL], part=part, may_fail=False)
    assert "judge_registered_model-lung-v3" in steps
    assert ("split_dataset" in steps) == (part == "test")


def test_inference_and_monitoring_are_one_step_each() -> None:
    answers = noted(inference_pipeline, model=MODEL, folder="/images", fingerprints=["0"], decoders={})
    watched = noted(monitor_pipeline, model=MODEL, request=MonitoringRequest(source="log", folder="/log"))
    assert (list(answers), list(watched)) == (["predict_images"], ["monitor_model"])


def test_shares_of_pixels_and_answers_are_steps_that_another_one_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.definitions.pixels.active_fan_out", lambda: FanOutConfig(pixels=3))
    config, settings = configured()
    steps = noted(train_pipeline, config=config, settings=settings)
    shares = [name for name in steps if name.startswith("prepare_pixel_share")]
    assert (len(shares), "merge_pixel_shares" in steps, "prepare_pixels" in steps) == (3, True, False)
    answers = noted(inference_pipeline, model=MODEL, folder="/images", fingerprints=["0", "1"], decoders={})
    assert list(answers)[-1] == "join_predictions"
    assert len(answers) == 3


@pytest.mark.parametrize(
    ("pipeline", "changes", "words"),
    [
        (train_pipeline, {"training": {"device": "cpu", "batch_size": "auto"}}, "training.batch_size a number"),
    ],
)
def test_what_needs_a_look_at_an_earlier_step_is_refused_with_what_to_do(
    pipeline: Any, changes: dict[str, Any], words: str
) -> None:
    config, settings = configured(**changes)
    with pytest.raises(StackError, match=words):
        noted(pipeline, config=config, settings=settings)
    assert not is_static()


def test_an_orchestrator_that_runs_steps_as_they_are_called_gets_the_pipeline_as_it_is() -> None:
    assert fitting_form(train_pipeline) is train_pipeline
