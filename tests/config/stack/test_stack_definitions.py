"""Definitions of stacks: strict, without secrets, and complete for every step."""

import ast
from pathlib import Path
from typing import Any

import pytest

from medimage.config.stack.loading import load_stack, stack_from_json, stack_to_json
from medimage.config.stack.quantities import bytes_of, cpu_quantity
from medimage.config.stack.step_classes import STEP_CLASSES
from tests.conftest import PROJECT
from tests.support.stack_definitions import STACKS, changed_definition, refusal


@pytest.mark.parametrize("name", ["local", "kubernetes", "kubeflow"])
def test_shipped_definitions_are_valid_and_come_back_from_their_text(name: str) -> None:
    stack = load_stack(STACKS / f"{name}.yaml")
    assert stack.kind == name
    assert stack_from_json(stack_to_json(stack)) == stack


@pytest.mark.parametrize("name", ["kubernetes", "kubeflow"])
def test_a_null_in_place_of_a_default_comes_back_as_null(name: str, tmp_path: Path) -> None:
    stack = load_stack(changed_definition(tmp_path, name, {f"{name}.user": None}))
    assert stack_from_json(stack_to_json(stack)) == stack
    assert '"user": null' in stack_to_json(stack)


def test_every_step_of_the_project_has_a_class() -> None:
    steps = set()
    for path in (PROJECT / "steps").glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            decorators = getattr(node, "decorator_list", [])
            if any(ast.unparse(each).startswith("step(") or ast.unparse(each) == "step" for each in decorators):
                steps.add(node.name)  # type: ignore[attr-defined]
    assert steps == set(STEP_CLASSES)


def test_a_step_gets_what_its_name_says_before_its_class_and_its_class_before_the_default() -> None:
    steps = load_stack(STACKS / "kubernetes.yaml").steps
    training, evaluation, gate = (
        steps.needs_of(name) for name in ("train_stage2", "evaluate_model", "medical_validation_gate")
    )
    assert (training.gpus, training.memory, training.shared_memory, training.retries) == (1, "32Gi", "8Gi", 3)
    assert (evaluation.gpus, evaluation.memory, evaluation.retries) == (1, "16Gi", 1)
    assert (gate.gpus, gate.cpu, gate.run_minutes) == (0, 4, 120)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps.default.gpu": 1}, ["steps.default.gpu", "there is no such key", "gpus"]),
        ({"steps.by_name.train_stage3": {"gpus": 1}}, ["train_stage3", "train_stage2"]),
        ({"steps.default.memory": 8}, ["steps.default.memory", "Mi, Gi or Ti"]),
        ({"steps.default.memory": "8GB"}, ["steps.default.memory", "such as 8Gi"]),
        ({"steps.by_class.training.shared_memory": "64Gi"}, ["shared_memory", "32Gi"]),
        ({"steps.by_class.data": {"shared_memory": "64Gi"}}, ["download_dataset", "8Gi"]),
        ({"steps.default.cpu_limit": 1}, ["cpu_limit", "at least cpu"]),
        ({"steps.default.start_minutes": 500}, ["start_minutes", "run_minutes"]),
        ({"steps.default.cpu": 0}, ["steps.default.cpu", "above 0"]),
        ({"kubernetes": ...}, ["needs kubernetes"]),
        ({"tracking": ...}, ["needs tracking"]),
        ({"kubernetes.context": ...}, ["kubernetes.context"]),
        ({"artifact_store": {"kind": "local"}}, ["must be s3"]),
        ({"artifact_store.path": "s3://"}, ["s3://BUCKET/PREFIX"]),
        ({"artifact_store.secret": ...}, ["key and secret go together"]),
        ({"kind": "local"}, ["only a stack of the kind kubernetes"]),
        ({"kind": "kubeflow"}, ["kubernetes", "only a stack of the kind kubernetes"]),
        ({"kind": "kubernets"}, ["did you mean 'kubernetes'"]),
        ({"fan_out.pixels": 0}, ["fan_out.pixels", "at least 1"]),
        ({"fan_out.pixel": 2}, ["fan_out.pixel", "there is no such key", "pixels"]),
        ({"fan_out.inference": 1000}, ["fan_out.inference", "256"]),
        ({"fan_out.at_once": 0}, ["fan_out.at_once", "at least 1"]),
        ({"environment": {"OMP_NUM_THREADS": 4}}, ["environment.OMP_NUM_THREADS", "in quotes"]),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, changes: dict[str, Any], words: list[str]) -> None:
    told = refusal(changed_definition(tmp_path, "kubernetes", changes))
    assert all(word in told for word in words), told


@pytest.mark.parametrize(
    "changes",
    [
        {"artifact_store.secret": "SECRETVALUE"},
        {"environment.KAGGLE_API_TOKEN": "SECRETVALUE"},
        {"tracking.uri": "https://user:SECRETVALUE@mlflow.example.org"},
        {"artifact_store.endpoint": "https://user:SECRETVALUE@s3.example.org"},
    ],
)
def test_a_definition_holds_no_secret_and_its_refusal_repeats_none(tmp_path: Path, changes: dict[str, Any]) -> None:
    told = refusal(changed_definition(tmp_path, "kubernetes", changes))
    assert "secret" in told
    assert "SECRETVALUE" not in told


@pytest.mark.parametrize("text", ["", "- a list", "name: [", "name: é\x00"])
def test_a_file_that_is_no_definition_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stack.yaml"
    path.write_text(text)
    assert "stack" in refusal(path)


def test_a_missing_file_is_told_with_the_shipped_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    assert "configs/stacks/kubernetes.yaml" in refusal(Path("kubernetes.yaml"))


def test_amounts_are_those_of_kubernetes() -> None:
    assert [cpu_quantity(cores) for cores in (0.0001, 0.1, 0.5, 1, 1.5, 64)] == [
        "1m",
        "100m",
        "500m",
        "1",
        "1500m",
        "64",
    ]
    assert bytes_of("3Gi") == 3 * 2**30
